//! HTTP Live Streaming playlists (RFC 8216, with `EXT-X-MAP` in a media
//! playlist of version 7). Each preset has a multivariant playlist of its own:
//! as variants of one, players would change the mastering to save bandwidth.

use std::fmt::Write;

use super::{CODECS, Stream};
use crate::site::{INIT, MEDIA_PLAYLIST, segment};

/// `index.m3u8`: the segments. The pre-roll is played, as 23 ms of silence.
#[must_use]
pub fn media_playlist(stream: &Stream) -> String {
    let rate = stream.rate();
    let longest = stream
        .timeline
        .segments()
        .map(|segment| segment.media_samples())
        .max()
        .unwrap_or(0);
    // Not below any duration, rounded to the nearest integer (4.3.3.1).
    let target = (rate.seconds(longest) + 0.5).floor().max(1.0);
    let mut playlist = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{target:.0}\n#EXT-X-MEDIA-SEQUENCE:0\n\
         #EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"{INIT}\"\n"
    );
    for cut in stream.timeline.segments() {
        let seconds = rate.seconds(cut.media_samples());
        let uri = segment(cut.index);
        write!(playlist, "#EXTINF:{seconds:.6},\n{uri}\n").expect("text can always grow");
    }
    playlist.push_str("#EXT-X-ENDLIST\n");
    playlist
}

/// `main.m3u8`: names the media playlist, with what it takes to play it.
#[must_use]
pub fn multivariant_playlist(stream: &Stream) -> String {
    let peak = stream.peak_bit_rate();
    format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n\
         #EXT-X-STREAM-INF:BANDWIDTH={peak},CODECS=\"{CODECS}\"\n{MEDIA_PLAYLIST}\n"
    )
}
