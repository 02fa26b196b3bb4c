//! Reading a source's PCM block by block, from any sample on.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::codecs::audio::well_known as codec;
use symphonia::core::packet::Packet;

use super::DecodeError;
use super::block::PacketMark;
use super::mixdown::Mixdown;
use super::mpeg;
use super::sound::silence_strange;
use super::source::PacketSource;
use super::survey::{Survey, new_decoder, untrimmed};

/// Reads the decoded samples of a source at its own rate, mixed down to at most
/// two channels. Samples are counted from the first that the decoder gives.
pub(super) struct SourceReader {
    path: PathBuf,
    survey: Arc<Survey>,
    mixdown: Option<Mixdown>,
    gain: f32,
    state: Option<State>,
}

/// Where reading stands.
struct State {
    source: PacketSource,
    decoder: Box<dyn AudioDecoder>,
    /// The packet that is read next.
    ordinal: u64,
    /// The last packets read, for the run-in of the next block.
    recent: VecDeque<Packet>,
    /// Decoded samples, per channel; the first is sample `buffer_start`.
    buffer: Vec<Vec<f32>>,
    buffer_start: u64,
    /// Where samples that are no numbers were silenced, and how many.
    silenced: VecDeque<(u64, u64)>,
    is_at_end: bool,
}

impl SourceReader {
    /// A reader for a surveyed file; it opens the file when it is first asked.
    pub(super) fn new(path: &Path, survey: Arc<Survey>) -> Self {
        let mixdown = survey
            .params
            .channels
            .as_ref()
            .and_then(|channels| Mixdown::of(channels, survey.params.codec));
        let gain = output_gain(&survey);
        Self {
            path: path.to_owned(),
            survey,
            mixdown,
            gain,
            state: None,
        }
    }

    /// How many channels it gives: one or two.
    pub(super) fn channels(&self) -> usize {
        usize::from(self.survey.channels.min(2))
    }

    /// Reads until the samples of `range` are there; then [`Self::samples`]
    /// and [`Self::silenced`] tell of them. What stands before `range` is
    /// forgotten, so reading forward is cheap.
    pub(super) fn advance(&mut self, range: &Range<u64>) -> Result<(), DecodeError> {
        self.read_until(range).map_err(|error| match error {
            // The file is still the one that was surveyed: it is at odds with itself.
            DecodeError::Changed if self.survey.version.is_at(&self.path) => DecodeError::Damaged {
                seconds: self.survey.rate.seconds(range.start),
                reason: "it decodes to another length than its headers tell".to_owned(),
            },
            error => error,
        })
    }

    fn read_until(&mut self, range: &Range<u64>) -> Result<(), DecodeError> {
        // Further ahead than the next block, a seek is cheaper than decoding.
        let block = self.block_of(range.start);
        let is_near = self.state.as_ref().is_some_and(|state| {
            range.start >= state.buffer_start
                && block <= state.ordinal / self.survey.grid.packets + 1
        });
        if !is_near {
            self.state = Some(self.seek(block)?);
        }
        let Some(mut state) = self.state.take() else {
            return Err(DecodeError::Changed);
        };
        state.forget_before(range.start);
        while state.buffer_end() < range.end && !state.is_at_end {
            self.decode_packet(&mut state)?;
        }
        let is_complete = state.buffer_end() >= range.end;
        self.state = Some(state);
        if is_complete {
            Ok(())
        } else {
            Err(DecodeError::Changed)
        }
    }

    /// One channel of samples that [`Self::advance`] brought.
    pub(super) fn samples(&self, channel: usize, range: &Range<u64>) -> &[f32] {
        match &self.state {
            Some(state) => {
                let offset = |sample: u64| (sample - state.buffer_start) as usize;
                &state.buffer[channel][offset(range.start)..offset(range.end)]
            }
            None => &[],
        }
    }

    /// How many samples of `range` were no numbers and became silence.
    pub(super) fn silenced(&self, range: &Range<u64>) -> u64 {
        let silenced = self.state.iter().flat_map(|state| &state.silenced);
        silenced
            .filter(|(at, _)| range.contains(at))
            .map(|(_, count)| count)
            .sum()
    }

    fn block_of(&self, sample: u64) -> u64 {
        self.survey
            .blocks
            .partition_point(|block| block.sample <= sample)
            .saturating_sub(1) as u64
    }

    /// Goes to the begin of a block: its run-in is read, nothing decoded yet.
    fn seek(&self, block: u64) -> Result<State, DecodeError> {
        let grid = self.survey.grid;
        let start = self
            .survey
            .blocks
            .get(block as usize)
            .ok_or(DecodeError::Changed)?;
        let (mut source, first) = self.source_at(&start.mark, grid.first_read(block))?;
        let mut recent = VecDeque::from_iter(first);
        let run_in = block * grid.packets - grid.first_read(block);
        while (recent.len() as u64) < run_in {
            recent.push_back(next_packet(&mut source)?.ok_or(DecodeError::Changed)?);
        }
        let mut state = State {
            source,
            decoder: new_decoder(&self.survey.params)?,
            ordinal: block * grid.packets,
            recent,
            buffer: vec![Vec::new(); self.channels()],
            buffer_start: start.sample,
            silenced: VecDeque::new(),
            is_at_end: false,
        };
        // Without run-in, the packet found is the block's own first.
        if run_in == 0
            && let Some(packet) = state.recent.pop_front()
        {
            self.decode(&mut state, packet)?;
        }
        Ok(state)
    }

    /// The source just behind the packet with this mark, and that packet; or,
    /// for the first packet, before it. A seek is never trusted: the packet it
    /// leads to must be the one that was marked. Demuxers that land behind it
    /// are asked for an earlier place, and in the end the file is read through.
    fn source_at(
        &self,
        mark: &PacketMark,
        ordinal: u64,
    ) -> Result<(PacketSource, Option<Packet>), DecodeError> {
        let mut source = self.open()?;
        if ordinal == 0 {
            return Ok((source, None));
        }
        let per_second = source
            .track()
            .time_base
            .map_or(1, |base| i64::from(base.denom.get() / base.numer.get()));
        for seconds_before in [0, 10, 60] {
            let earlier = (mark.timestamp - seconds_before * per_second).max(0);
            if source.seek(earlier).is_err() {
                continue;
            }
            if let Some(packet) = find(&mut source, mark) {
                return Ok((source, Some(packet)));
            }
        }
        let mut source = self.open()?;
        for _ in 0..ordinal {
            next_packet(&mut source)?.ok_or(DecodeError::Changed)?;
        }
        let packet = next_packet(&mut source)?.ok_or(DecodeError::Changed)?;
        let is_marked = PacketMark::of(packet.pts.get(), &packet.data) == *mark;
        if is_marked {
            Ok((source, Some(packet)))
        } else {
            Err(DecodeError::Changed)
        }
    }

    fn open(&self) -> Result<PacketSource, DecodeError> {
        let source = PacketSource::open(&self.path)?;
        if source.version() == self.survey.version {
            Ok(source)
        } else {
            Err(DecodeError::Changed)
        }
    }

    fn decode_packet(&self, state: &mut State) -> Result<(), DecodeError> {
        if let Some(packet) = next_packet(&mut state.source)? {
            self.decode(state, packet)
        } else {
            state.is_at_end = true;
            Ok(())
        }
    }

    fn decode(&self, state: &mut State, packet: Packet) -> Result<(), DecodeError> {
        let grid = self.survey.grid;
        if state.ordinal.is_multiple_of(grid.packets) {
            self.begin_block(state)?;
        }
        match state.decoder.decode_ref(&untrimmed(&packet)) {
            Ok(decoded) => {
                let mut planes = Vec::new();
                decoded.copy_to_vecs_planar::<f32>(&mut planes);
                self.append(state, planes)?;
            }
            // A stream that was cut out of a longer one begins with frames whose
            // main data is missing: players pass over them in silence.
            Err(_)
                if mpeg::is_mpeg_audio(self.survey.params.codec) && state.ordinal < grid.run_in =>
            {
                let frames = mpeg::StreamHeader::of(&packet.data)
                    .map_or(0, mpeg::StreamHeader::samples_per_frame);
                self.append(
                    state,
                    vec![vec![0.0; frames as usize]; usize::from(self.survey.channels)],
                )?;
            }
            Err(error) => {
                return Err(DecodeError::from_symphonia(
                    error,
                    self.survey.rate.seconds(state.buffer_end()),
                ));
            }
        }
        state.ordinal += 1;
        if grid.run_in > 0 {
            state.recent.push_back(packet);
            if state.recent.len() as u64 > grid.run_in {
                state.recent.pop_front();
            }
        }
        Ok(())
    }

    /// A fresh decoder hears the run-in; then the block begins. Every reader
    /// must be where the survey was.
    fn begin_block(&self, state: &mut State) -> Result<(), DecodeError> {
        let block = state.ordinal / self.survey.grid.packets;
        let start = self
            .survey
            .blocks
            .get(block as usize)
            .ok_or(DecodeError::Changed)?;
        if start.sample != state.buffer_end() {
            return Err(DecodeError::Changed);
        }
        if self.survey.grid.run_in == 0 {
            return Ok(());
        }
        state.decoder = new_decoder(&self.survey.params)?;
        for packet in &state.recent {
            // In the run-in a decoder lacks what came before: it may complain.
            let _unheard = state.decoder.decode_ref(&untrimmed(packet));
        }
        Ok(())
    }

    fn append(&self, state: &mut State, mut planes: Vec<Vec<f32>>) -> Result<(), DecodeError> {
        if planes.len() != usize::from(self.survey.channels) {
            let reason = format!(
                "the number of channels changes from {} to {}",
                self.survey.channels,
                planes.len()
            );
            return Err(DecodeError::Damaged {
                seconds: self.survey.rate.seconds(state.buffer_end()),
                reason,
            });
        }
        #[expect(
            clippy::float_cmp,
            reason = "exactly one is the gain of all other codecs"
        )]
        if self.gain != 1.0 {
            planes
                .iter_mut()
                .flatten()
                .for_each(|sample| *sample *= self.gain);
        }
        let silenced = planes.iter_mut().map(|plane| silence_strange(plane)).sum();
        if silenced > 0 {
            state.silenced.push_back((state.buffer_end(), silenced));
        }
        match &self.mixdown {
            Some(mixdown) => mixdown.append(&planes, &mut state.buffer),
            None => state
                .buffer
                .iter_mut()
                .zip(&planes)
                .for_each(|(buffer, plane)| buffer.extend_from_slice(plane)),
        }
        Ok(())
    }
}

impl State {
    fn buffer_end(&self) -> u64 {
        self.buffer_start + self.buffer[0].len() as u64
    }

    fn forget_before(&mut self, sample: u64) {
        let known = self.buffer_end();
        let forget = sample.min(known).saturating_sub(self.buffer_start) as usize;
        self.buffer
            .iter_mut()
            .for_each(|plane| drop(plane.drain(..forget)));
        self.buffer_start += forget as u64;
        while self
            .silenced
            .front()
            .is_some_and(|(at, _)| *at < self.buffer_start)
        {
            self.silenced.pop_front();
        }
    }
}

/// The next packet. All were read once before: what cannot be read now was
/// changed since.
fn next_packet(source: &mut PacketSource) -> Result<Option<Packet>, DecodeError> {
    source
        .next_packet()
        .map_err(|error| match DecodeError::from_symphonia(error, 0.0) {
            DecodeError::Read(error) => DecodeError::Read(error),
            _ => DecodeError::Changed,
        })
}

/// Reads on until the marked packet, which comes before any later one.
fn find(source: &mut PacketSource, mark: &PacketMark) -> Option<Packet> {
    loop {
        let packet = source.next_packet().ok().flatten()?;
        let timestamp = packet.pts.get();
        if PacketMark::of(timestamp, &packet.data) == *mark {
            return Some(packet);
        }
        if timestamp > mark.timestamp {
            return None;
        }
    }
}

/// The gain in an Opus header, 1/256 dB in bytes 16 and 17, which every decoder
/// must apply (RFC 7845, section 5.1).
fn output_gain(survey: &Survey) -> f32 {
    if survey.params.codec != codec::CODEC_ID_OPUS {
        return 1.0;
    }
    let header = survey.params.extra_data.as_deref().unwrap_or_default();
    match header.get(16..18) {
        Some(gain) => libm::pow(
            10.0,
            f64::from(i16::from_le_bytes([gain[0], gain[1]])) / (20.0 * 256.0),
        ) as f32,
        None => 1.0,
    }
}
