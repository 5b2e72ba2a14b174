//! Bands to logits, as they come.
//!
//! The twin of `Network` in `models/wake/model.py`: a convolution over mel bands, residual blocks of dilated causal
//! convolutions, a mix to one logit a word. Each convolution keeps only the steps that its taps still need, so that a step
//! costs the same however long one listens, and what was heard before the receptive field is forgotten.

use super::frontend::BANDS;
use super::weights::{Convolution, Weights};

/// Frames from one step to the next.
pub const STRIDE: usize = 2;

/// Outputs that are summed at once: they stay in registers.
const LANES: usize = 32;

/// A convolution with its weights in the order of use, and the past it needs.
struct Layer {
    /// `[block of LANES outputs][tap][input][LANES]`, filled up with zeros.
    weights: Vec<f32>,
    bias: Vec<f32>,
    inputs: usize,
    /// The past, a ring of `steps` inputs; `oldest` is where the next one goes.
    past: Vec<f32>,
    oldest: usize,
    dilation: usize,
    taps: usize,
}

impl Layer {
    fn new(layer: &Convolution) -> Self {
        let blocks = layer.outputs.div_ceil(LANES);
        let mut weights = Vec::with_capacity(blocks * layer.taps * layer.inputs * LANES);
        for block in 0..blocks {
            for row in layer.weights.chunks_exact(layer.outputs) {
                weights.extend((0..LANES).map(|lane| row.get(block * LANES + lane).copied().unwrap_or(0.0)));
            }
        }
        let mut bias = layer.bias.clone();
        bias.resize(blocks * LANES, 0.0);
        let steps = (layer.taps - 1) * layer.dilation + 1;
        Self {
            weights,
            bias,
            inputs: layer.inputs,
            past: vec![0.0; steps * layer.inputs],
            oldest: 0,
            dilation: layer.dilation,
            taps: layer.taps,
        }
    }

    /// Takes in one step without working out what comes of it.
    fn remember(&mut self, input: &[f32]) {
        let begin = self.oldest * self.inputs;
        if let Some(slot) = self.past.get_mut(begin..begin + self.inputs) {
            slot.iter_mut().zip(input).for_each(|(to, from)| *to = *from);
        }
        self.oldest = (self.oldest + 1) % (self.past.len() / self.inputs);
    }

    /// Sum over the taps of what is remembered; `out` has as many values as the bias.
    fn sum(&self, out: &mut [f32]) {
        let steps = self.past.len() / self.inputs;
        let of_block = self.taps * self.inputs * LANES;
        let blocks = self
            .weights
            .chunks_exact(of_block)
            .zip(self.bias.chunks_exact(LANES))
            .zip(out.chunks_exact_mut(LANES));
        for ((weights, bias), out) in blocks {
            let mut sums = [0.0f32; LANES];
            sums.iter_mut().zip(bias).for_each(|(sum, bias)| *sum = *bias);
            for (tap, weights) in weights.chunks_exact(self.inputs * LANES).enumerate() {
                let step = (self.oldest + tap * self.dilation) % steps;
                let input = self.past.chunks_exact(self.inputs).nth(step).unwrap_or_default();
                for (value, weights) in input.iter().zip(weights.as_chunks::<LANES>().0) {
                    for (sum, weight) in sums.iter_mut().zip(weights) {
                        *sum += value * weight;
                    }
                }
            }
            out.copy_from_slice(&sums);
        }
    }
}

/// A model that listens.
pub struct Network {
    enter: Layer,
    blocks: Vec<Layer>,
    leave: Layer,
    channels: usize,
    words: usize,
    frames: usize,
    now: Vec<f32>,
    next: Vec<f32>,
    logits: Vec<f32>,
}

impl Network {
    /// A network that has heard nothing yet.
    pub fn new(weights: &Weights) -> Self {
        let enter = Layer::new(&weights.enter);
        let leave = Layer::new(&weights.leave);
        Self {
            now: vec![0.0; enter.bias.len()],
            next: vec![0.0; enter.bias.len()],
            logits: vec![0.0; leave.bias.len()],
            channels: weights.enter.outputs,
            words: weights.words.len(),
            blocks: weights.blocks.iter().map(Layer::new).collect(),
            enter,
            leave,
            frames: 0,
        }
    }

    /// Takes in one frame's bands; every second time there is one logit a word.
    pub fn push(&mut self, bands: &[f32; BANDS]) -> Option<&[f32]> {
        self.enter.remember(bands);
        self.frames = (self.frames + 1) % STRIDE;
        if self.frames != 0 {
            return None;
        }
        self.enter.sum(&mut self.now);
        rectify(&mut self.now);
        for block in &mut self.blocks {
            block.remember(self.now.get(..self.channels).unwrap_or_default());
            block.sum(&mut self.next);
            for (now, next) in self.now.iter_mut().zip(&self.next) {
                *now = (*now + next).max(0.0);
            }
        }
        self.leave.remember(self.now.get(..self.channels).unwrap_or_default());
        self.leave.sum(&mut self.logits);
        self.logits.get(..self.words)
    }
}

fn rectify(values: &mut [f32]) {
    for value in values {
        *value = value.max(0.0);
    }
}
