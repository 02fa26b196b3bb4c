//! The drawing as pixels.

use std::io::Cursor;
use std::sync::Arc;

use image::{ImageFormat, RgbaImage};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use super::PlotError;

/// Draws an SVG and packs it as PNG.
pub(super) fn from_svg(svg: &str) -> Result<Vec<u8>, PlotError> {
    let failed = |error: &dyn std::fmt::Display| PlotError::Drawing(error.to_string());
    let options = Options {
        fontdb: Arc::new(fonts()),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| failed(&error))?;
    let size = tree.size().to_int_size();
    let mut pixels =
        Pixmap::new(size.width(), size.height()).ok_or_else(|| failed(&"it has no size"))?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    // The ground is opaque, so that no colour is multiplied by less than one.
    let image = RgbaImage::from_raw(size.width(), size.height(), pixels.take())
        .ok_or_else(|| failed(&"its size is not that of its pixels"))?;
    let mut bytes = Cursor::new(Vec::new());
    image
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|error| failed(&error))?;
    Ok(bytes.into_inner())
}

/// The font that is brought along; those of the system stand in for letters
/// that it does not have.
fn fonts() -> Database {
    let mut fonts = Database::new();
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    fonts.load_font_data(dejavu::sans::bold().to_vec());
    fonts.load_system_fonts();
    fonts.set_sans_serif_family("DejaVu Sans");
    fonts
}
