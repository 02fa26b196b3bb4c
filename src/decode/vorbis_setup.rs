//! What a Vorbis decoder would have to keep in memory, before it is made.
//!
//! A codebook is unpacked to entries times dimensions numbers, and an ordered
//! one asks for millions of them in twenty bytes, 256 times in a row: a header
//! of 5 kB for 4 GB. What encoders write comes to some hundred thousand. The
//! walk follows Vorbis I, sections 3.2.1 and 4.2.4, and stops where the header
//! does not: there the decoder stops as well.

/// The most numbers that all codebooks together may unpack to: 32 MiB of them.
const MOST_NUMBERS: u64 = 8 << 20;
/// What a setup header begins with.
const SETUP: &[u8] = b"\x05vorbis";

/// Whether the codebooks in a track's headers stay in bounds.
pub(super) fn is_within_bounds(headers: &[u8]) -> bool {
    let Some(at) = headers
        .windows(SETUP.len())
        .position(|window| window == SETUP)
    else {
        return true;
    };
    let mut bits = Bits {
        bytes: &headers[at + SETUP.len()..],
        position: 0,
    };
    let codebooks = bits.take(8).map_or(0, |count| count + 1);
    let mut numbers = 0;
    for _ in 0..codebooks {
        let Some(codebook) = codebook_numbers(&mut bits) else {
            break;
        };
        numbers += codebook;
    }
    numbers <= MOST_NUMBERS
}

/// The numbers that a codebook unpacks to; `None` where it is none.
fn codebook_numbers(bits: &mut Bits) -> Option<u64> {
    const SYNC: u32 = 0x56_4342;
    if bits.take(24)? != SYNC {
        return None;
    }
    let (dimensions, entries) = (bits.take(16)?, bits.take(24)?);
    let is_ordered = bits.take(1)? == 1;
    if is_ordered {
        bits.take(5)?;
        let mut known = 0;
        while known < entries {
            known += bits.take(u32::BITS - (entries - known).leading_zeros())?;
        }
    } else {
        let is_sparse = bits.take(1)? == 1;
        for _ in 0..entries {
            if !is_sparse || bits.take(1)? == 1 {
                bits.take(5)?;
            }
        }
    }
    let lookup = bits.take(4)?;
    if lookup == 0 {
        return Some(u64::from(entries));
    }
    bits.take(32)?;
    bits.take(32)?;
    let value_bits = bits.take(4)? + 1;
    bits.take(1)?;
    let all = u64::from(entries) * u64::from(dimensions);
    let values = if lookup == 1 {
        lattice_side(entries, dimensions)
    } else {
        all
    };
    bits.skip(values.checked_mul(u64::from(value_bits))?)?;
    Some(all)
}

/// The greatest number whose power of `dimensions` is at most `entries`
/// (section 9.2.3).
fn lattice_side(entries: u32, dimensions: u32) -> u64 {
    let fits = |side: u64| {
        side.checked_pow(dimensions)
            .is_some_and(|power| power <= u64::from(entries))
    };
    let (mut low, mut high) = (0, u64::from(entries) + 1);
    while low + 1 < high {
        let middle = u64::midpoint(low, high);
        if fits(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// Bits from the least significant on.
struct Bits<'a> {
    bytes: &'a [u8],
    position: u64,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for bit in 0..count {
            let byte = self.bytes.get(usize::try_from(self.position / 8).ok()?)?;
            value |= u32::from(byte >> (self.position % 8) & 1) << bit;
            self.position += 1;
        }
        Some(value)
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        self.position = self.position.checked_add(count)?;
        (self.position <= self.bytes.len() as u64 * 8).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits as a header has them: value and width each.
    fn pack(fields: &[(u32, u32)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut position = 0;
        for (value, width) in fields {
            for bit in 0..*width {
                if position % 8 == 0 {
                    bytes.push(0);
                }
                let last = bytes.len() - 1;
                bytes[last] |= ((value >> bit & 1) as u8) << (position % 8);
                position += 1;
            }
        }
        bytes
    }

    /// A setup header with so many ordered codebooks of 131,072 entries, all of
    /// 17 bits, in 32 dimensions with one value.
    fn setup(codebooks: u32) -> Vec<u8> {
        let codebook = [
            (0x56_4342, 24),
            (32, 16),
            (131_072, 24),
            (1, 1),
            (16, 5),
            (131_072, 18),
            (1, 4),
            (0, 32),
            (0, 32),
            (3, 4),
            (0, 1),
            (0, 4),
        ];
        let fields = [
            vec![(codebooks - 1, 8)],
            codebook.repeat(codebooks as usize),
        ]
        .concat();
        [SETUP, &pack(&fields)].concat()
    }

    #[test]
    fn gigabytes_in_a_few_bytes_are_refused() {
        assert!(is_within_bounds(&setup(2)));
        assert!(!is_within_bounds(&setup(3)));
        let bomb = setup(256);
        assert!(bomb.len() < 8192 && !is_within_bounds(&bomb));
        assert!(is_within_bounds(b"no header at all"));
    }

    #[test]
    fn the_side_of_a_lattice() {
        assert_eq!(lattice_side(6561, 8), 3);
        assert_eq!(lattice_side(6560, 8), 2);
        assert_eq!(lattice_side(131_072, 32), 1);
        assert_eq!(lattice_side(0, 4), 0);
        assert_eq!(lattice_side(81, 1), 81);
    }
}
