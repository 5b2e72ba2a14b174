//! ggml's block formats for matrices.
//!
//! `q8_0`: 32 weights as an `f16` scale and 32 signed bytes (34 bytes). `q5_1`: 32 weights as an `f16` scale, an
//! `f16` minimum, 4 bytes with the fifth bits and 16 bytes with two times four bits each, weight `j`
//! in the low and weight `j + 16` in the high half (24 bytes).

use half::f16;

use super::WeightType;

/// Weights of one block; rows are whole blocks.
pub const BLOCK: usize = 32;

/// Writes weights as `to` stores them; the last block is filled up with zeros if it is not whole.
pub fn encode(weights: &[f32], to: WeightType, out: &mut Vec<u8>) {
    match to {
        WeightType::F16 => weights.iter().for_each(|w| out.extend(f16::from_f32(*w).to_le_bytes())),
        WeightType::Q8_0 => blocks(weights, |block| q8_0(block, out)),
        WeightType::Q5_1 => blocks(weights, |block| q5_1(block, out)),
    }
}

fn blocks(weights: &[f32], mut each: impl FnMut(&[f32; BLOCK])) {
    for chunk in weights.chunks(BLOCK) {
        let mut block = [0.0; BLOCK];
        for (to, from) in block.iter_mut().zip(chunk) {
            *to = *from;
        }
        each(&block);
    }
}

fn q8_0(block: &[f32; BLOCK], out: &mut Vec<u8>) {
    let largest = block.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
    let scale = largest / 127.0;
    let steps = inverse(scale);
    out.extend(f16::from_f32(scale).to_le_bytes());
    out.extend(block.iter().map(|w| ((w * steps).round() as i8).cast_unsigned()));
}

fn q5_1(block: &[f32; BLOCK], out: &mut Vec<u8>) {
    let low = block.iter().copied().fold(f32::INFINITY, f32::min);
    let high = block.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let scale = (high - low) / 31.0;
    let steps = inverse(scale);
    out.extend(f16::from_f32(scale).to_le_bytes());
    out.extend(f16::from_f32(low).to_le_bytes());
    let five_bits = |w: &f32| ((w - low) * steps + 0.5) as u8;
    let (first, second) = block.split_at(BLOCK / 2);
    let mut fifth = 0_u32;
    let mut fours = [0_u8; BLOCK / 2];
    for (j, (a, b)) in first.iter().zip(second).enumerate() {
        let (a, b) = (five_bits(a), five_bits(b));
        fifth |= u32::from(a >> 4 & 1) << j | u32::from(b >> 4 & 1) << (j + BLOCK / 2);
        fours[j] = a & 0x0F | (b & 0x0F) << 4;
    }
    out.extend(fifth.to_le_bytes());
    out.extend(fours);
}

fn inverse(scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { 1.0 / scale }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads blocks back as ggml's description has it.
    fn decode(bytes: &[u8], from: WeightType) -> Vec<f32> {
        let half = |b: &[u8]| f16::from_le_bytes([b[0], b[1]]).to_f32();
        match from {
            WeightType::F16 => bytes.chunks(2).map(half).collect(),
            WeightType::Q8_0 => bytes
                .chunks(34)
                .flat_map(|b| b[2..].iter().map(move |q| half(b) * f32::from(q.cast_signed())))
                .collect(),
            WeightType::Q5_1 => bytes
                .chunks(24)
                .flat_map(|b| {
                    let fifth = u32::from_le_bytes([b[4], b[5], b[6], b[7]]);
                    (0..BLOCK).map(move |j| {
                        let four = if j < 16 { b[8 + j] & 15 } else { b[8 + j - 16] >> 4 };
                        let five = u32::from(four) | (fifth >> j & 1) << 4;
                        half(b) * five as f32 + half(&b[2..])
                    })
                })
                .collect(),
        }
    }

    fn wave(count: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 % 1000) as f32 / 500.0 - 1.0) * (1.0 + (i / BLOCK) as f32)).collect()
    }

    #[test]
    fn what_is_read_back_is_within_half_a_step() {
        let weights = wave(BLOCK * 9);
        for (kind, steps) in [(WeightType::Q8_0, 254.0), (WeightType::Q5_1, 31.0)] {
            let mut bytes = Vec::new();
            encode(&weights, kind, &mut bytes);
            let back = decode(&bytes, kind);
            for (block, (before, after)) in weights.chunks(BLOCK).zip(back.chunks(BLOCK)).enumerate() {
                let most = 2.0 * (1.0 + block as f32);
                for (b, a) in before.iter().zip(after) {
                    // Half a step, and what the 16-bit scale loses.
                    assert!((b - a).abs() <= most * (0.5 / steps + 0.001), "{kind}: {b} became {a}");
                }
            }
        }
    }

    #[test]
    fn zeros_and_constants_survive() {
        for kind in [WeightType::F16, WeightType::Q8_0, WeightType::Q5_1] {
            for value in [0.0, 0.5, -0.5] {
                let mut bytes = Vec::new();
                encode(&[value; BLOCK], kind, &mut bytes);
                for back in decode(&bytes, kind) {
                    assert!((back - value).abs() < 0.001, "{kind}: {value} became {back}");
                }
            }
        }
    }
}
