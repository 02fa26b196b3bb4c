//! The DASH presentation (ISO/IEC 23009-1), with an exact `SegmentTimeline`.
//! `presentationTimeOffset` takes the pre-roll away.

use std::fmt::Write;

use super::{CODECS, Stream};
use crate::site::INIT;
use crate::timeline::PRE_ROLL_SAMPLES;

/// `index.mpd`.
#[must_use]
pub fn presentation(stream: &Stream) -> String {
    let rate = stream.rate().0;
    let seconds = stream.rate().seconds(stream.timeline.samples());
    let peak = stream.peak_bit_rate();
    let channels = stream.channels;
    let timeline = segment_timeline(stream);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static" mediaPresentationDuration="PT{seconds:.9}S" minBufferTime="PT2S">
  <Period id="0" start="PT0S">
    <AdaptationSet id="0" contentType="audio" mimeType="audio/mp4" segmentAlignment="true" startWithSAP="1">
      <SegmentTemplate timescale="{rate}" presentationTimeOffset="{PRE_ROLL_SAMPLES}" initialization="{INIT}" media="$Number$.m4s" startNumber="0">
        <SegmentTimeline>
{timeline}        </SegmentTimeline>
      </SegmentTemplate>
      <Representation id="audio" codecs="{CODECS}" bandwidth="{peak}" audioSamplingRate="{rate}">
        <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="{channels}"/>
      </Representation>
    </AdaptationSet>
  </Period>
</MPD>
"#
    )
}

/// One `S` for each run of segments of the same length.
fn segment_timeline(stream: &Stream) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for segment in stream.timeline.segments() {
        match runs.last_mut() {
            Some((length, count)) if *length == segment.media_samples() => *count += 1,
            _ => runs.push((segment.media_samples(), 1)),
        }
    }
    let mut text = String::new();
    for (index, (length, count)) in runs.into_iter().enumerate() {
        let start = if index == 0 { " t=\"0\"" } else { "" };
        let repeat = if count > 1 {
            format!(" r=\"{}\"", count - 1)
        } else {
            String::new()
        };
        writeln!(text, "          <S{start} d=\"{length}\"{repeat}/>")
            .expect("text can always grow");
    }
    text
}
