//! What mastering costs, beside what one would do without segue.

use std::path::Path;

use segue::decode::{TrackAudio, survey};
use segue::manifest::SiteSettings;
use segue::mastering::{Intensity, Presets, decide};
use segue::progress::Silent;
use segue::render::{PlacedTrack, Recipe, measure};
use segue::site::TrackId;

use crate::cost::Cost;
use crate::measures::{Kind, Measure, by_ffmpeg, render};
use crate::music::{Library, Music};

/// What ffmpeg is told to do about what `warm` does.
pub(crate) const FFMPEG_CHAIN: &[&str] = &[
    "-af",
    "firequalizer=gain_entry='entry(100,1.5);entry(400,1.2);entry(1500,0.3);entry(5000,-0.3);entry(12000,0.8)',acompressor=threshold=-19dB:ratio=2.2:attack=20:release=200,alimiter=limit=0.8",
];
/// What ffmpeg is told to do about loudness alone.
const FFMPEG_LOUDNORM: &[&str] = &["-af", "loudnorm=I=-13:TP=-1", "-ar", "44100"];

/// All on one core, from FLAC.
pub(crate) fn measures(music: &Music, scratch: &Path) -> Vec<Measure> {
    let Some(flac) = music.formats.iter().find(|library| library.name == "FLAC") else {
        return Vec::new();
    };
    let mut measures = vec![
        without_encoder(flac),
        render(
            "segue render -j1 -p warm, FLAC".to_owned(),
            Kind::Render,
            flac,
            scratch,
            &["-j1", "-pwarm"],
        ),
        render(
            "segue render -j1, all six at once, FLAC".to_owned(),
            Kind::SixAtOnce,
            flac,
            scratch,
            &["-j1", "-padaptive,gentle,warm,bright,punchy,live"],
        ),
    ];
    if let Some(ffmpeg) = music.ffmpeg {
        for (what, filter) in [
            ("eq, compressor, limiter", FFMPEG_CHAIN),
            ("loudnorm", FFMPEG_LOUDNORM),
        ] {
            let name = format!("ffmpeg, {what}, AAC in HLS");
            measures.push(by_ffmpeg(name, ffmpeg, flac, scratch, filter));
        }
    }
    measures
}

/// Everything but the encoder: decode, measure, decide, decode again, master.
fn without_encoder(library: &Library) -> Measure {
    let files = library.files.clone();
    let work = move || {
        Cost::of_work(|| {
            for file in &files {
                let survey = survey(file)?;
                let id = TrackId::from_hash(&survey.encoded_audio);
                let placed = PlacedTrack::alone(TrackAudio::new(file, survey));
                let measured = measure(placed.audio(), id, &Silent)?;
                let presets = Presets::default();
                let decision = decide(presets.get("warm")?, Intensity::FULL, &measured);
                let settings = decision.map(|decision| decision.settings);
                let recipe = Recipe::new(&placed, &SiteSettings::default(), settings.as_ref());
                let mut reader = placed.reader();
                for segment in recipe.stream().timeline.segments() {
                    let own = segment.samples.start as i64..segment.samples.end as i64;
                    recipe.pcm(&mut reader, own)?;
                }
            }
            Ok(())
        })
    };
    Measure {
        name: "decode, analysis, mastering (warm), FLAC".to_owned(),
        kind: Kind::WithoutEncoder,
        seconds: library.seconds,
        bytes: library.bytes,
        work: Box::new(work),
        costs: Vec::new(),
        floors: Vec::new(),
    }
}
