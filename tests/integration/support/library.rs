//! Small libraries of synthesised sources, in any format that ffmpeg writes.

use std::fs;
use std::path::{Path, PathBuf};

use super::sound::{Sound, write_wav};
use super::tools::ffmpeg;

/// A folder of sources that a test fills.
pub(crate) struct Library {
    path: PathBuf,
}

impl Library {
    /// Makes the folder.
    pub(crate) fn at(path: &Path) -> Self {
        fs::create_dir_all(path).expect("the library's folder can be made");
        Self {
            path: path.to_owned(),
        }
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A path in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Adds a 16-bit stereo WAV at 44.1 kHz with synthesised music of its own for each seed.
    pub(crate) fn add_wav(&self, name: &str, seed: u64, seconds: usize) -> PathBuf {
        let path = self.file(name);
        write_wav(&path, Sound::Music(seed), 44_100, 2, 44_100 * seconds);
        path
    }

    /// Adds the same, encoded by ffmpeg as the name's extension and `options` say, with its title in the tags.
    pub(crate) fn add_encoded(
        &self,
        name: &str,
        seed: u64,
        seconds: usize,
        title: &str,
        options: &[&str],
    ) -> PathBuf {
        let path = self.file(name);
        // The WAV lies beside the library, where no scan finds it.
        let wav = self.path.with_extension(format!("{seed}.wav"));
        write_wav(&wav, Sound::Music(seed), 44_100, 2, 44_100 * seconds);
        let mut arguments = vec!["-i".to_owned(), wav.to_string_lossy().into_owned()];
        arguments.extend(options.iter().map(|&option| option.to_owned()));
        arguments.extend(["-metadata".to_owned(), format!("title={title}")]);
        arguments.push(path.to_string_lossy().into_owned());
        ffmpeg(arguments);
        fs::remove_file(&wav).expect("the WAV can be removed");
        path
    }
}
