//! What stands beside a rendition's segments, the same whether they were made
//! in one go or one by one: init, playlists, the whole file, hashes, and how
//! loud it all is.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::job::JobError;
use super::publish::PublishError;
use super::recipe::{Recipe, SegmentLevels};
use crate::analysis::{Analysis, integrated, range};
use crate::fmp4;
use crate::manifest::{Loudness, media_playlist, multivariant_playlist, presentation};
use crate::signal::{decibels, hundredths};
use crate::site::{DASH, HASHES, INIT, MEDIA_PLAYLIST, MULTIVARIANT_PLAYLIST, WHOLE_FILE};

/// A published file, for `b3sums` and the manifest.
pub(super) struct FileEntry {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) hash: blake3::Hash,
}

impl FileEntry {
    /// A file of these bytes.
    pub(super) fn of(name: impl Into<String>, bytes: &[u8]) -> Self {
        Self {
            name: name.into(),
            bytes: bytes.len() as u64,
            hash: blake3::hash(bytes),
        }
    }
}

/// Writes by `write` what stands beside segments: init and playlists, and last
/// the hashes of all files. `whole` is the whole file, if it is there.
pub(super) fn write_companions(
    recipe: &Recipe,
    segments: Vec<FileEntry>,
    whole: Option<FileEntry>,
    write: impl Fn(&str, &[u8]) -> Result<(), PublishError>,
) -> Result<(), JobError> {
    let mut entries = Vec::new();
    let mut segments = Some(segments);
    for (name, bytes) in companions(recipe)? {
        write(name, &bytes)?;
        entries.push(FileEntry::of(name, &bytes));
        // The list of hashes has the segments behind the init segment.
        entries.extend(segments.take().into_iter().flatten());
    }
    entries.extend(whole);
    Ok(write(HASHES, hash_list(&entries).as_bytes())?)
}

/// Init, which comes first, and playlists.
pub(super) fn companions(recipe: &Recipe) -> Result<Vec<(&'static str, Vec<u8>)>, JobError> {
    let stream = recipe.stream();
    Ok(vec![
        (INIT, fmp4::init_segment(&recipe.header()?)?),
        (MEDIA_PLAYLIST, media_playlist(stream).into_bytes()),
        (
            MULTIVARIANT_PLAYLIST,
            multivariant_playlist(stream).into_bytes(),
        ),
        (DASH, presentation(stream).into_bytes()),
    ])
}

/// `b3sums`: the hashes as `b3sum --check` reads them.
pub(super) fn hash_list(entries: &[FileEntry]) -> String {
    let mut list = String::new();
    for entry in entries {
        writeln!(list, "{}  {}", entry.hash, entry.name).expect("text can always grow");
    }
    list
}

/// Header and segments one behind the other, without holding them all; on disk
/// when this returns.
pub(super) fn write_whole_file(
    path: &Path,
    recipe: &Recipe,
    segments: impl Iterator<Item = PathBuf>,
) -> Result<FileEntry, JobError> {
    let samples = recipe.stream().timeline.samples();
    let header = fmp4::whole_file_header(&recipe.header()?, samples, fmp4::EditEnd::Media)?;
    let write = || -> std::io::Result<FileEntry> {
        let mut file = std::io::BufWriter::new(fs::File::create(path)?);
        let mut hash = blake3::Hasher::new();
        let mut total = 0;
        let mut append = |bytes: &[u8]| {
            hash.update(bytes);
            total += bytes.len() as u64;
            file.write_all(bytes)
        };
        append(&header)?;
        for segment in segments {
            append(&fs::read(segment)?)?;
        }
        file.into_inner()
            .map_err(std::io::IntoInnerError::into_error)?
            .sync_all()?;
        Ok(FileEntry {
            name: WHOLE_FILE.to_owned(),
            bytes: total,
            hash: hash.finalize(),
        })
    };
    Ok(write().map_err(PublishError::from)?)
}

/// How loud a rendition is: what was measured of its segments, or, where
/// nothing was done to the track, of the track.
pub(super) fn rendition_loudness<'a>(
    analysis: &Analysis,
    segments: impl Iterator<Item = Option<&'a SegmentLevels>>,
) -> Loudness {
    let Some(measured) = segments.collect::<Option<Vec<_>>>() else {
        return Loudness {
            integrated_lufs: analysis.integrated_lufs,
            range_lu: analysis.range_lu,
            true_peak_dbtp: analysis.true_peak_dbtp,
            measured: true,
        };
    };
    let energies: Vec<f64> = measured
        .iter()
        .flat_map(|levels| levels.energies.iter().copied())
        .collect();
    let peaks = measured.iter().map(|levels| levels.true_peak);
    let peak = f64::from(peaks.fold(0.0, f32::max));
    Loudness {
        integrated_lufs: integrated(&energies).map(hundredths),
        range_lu: hundredths(range(&energies)),
        true_peak_dbtp: (peak > 0.0).then(|| hundredths(decibels(peak * peak))),
        measured: true,
    }
}
