//! Keys and values of what the model has read, in memory that is taken once.

use super::ModelError;
use super::transformer::Shape;
use candle_core::{DType, Device, Result as CandleResult, Tensor};

/// Keys and values of every layer for up to a fixed number of tokens.
///
/// Going back to an earlier length is free, so a prefix that all requests share is read once and
/// each request is written behind it.
pub struct KvCache {
    /// Keys and values of each layer, `[kv_heads, capacity, head_width]`.
    layers: Vec<(Tensor, Tensor)>,
    length: usize,
    capacity: usize,
}

impl KvCache {
    /// Room for `capacity` tokens, at most as many as the model was made for.
    pub fn new(shape: &Shape, capacity: usize) -> Result<Self, ModelError> {
        let capacity = capacity.min(shape.context);
        let zeros = || {
            let size = (shape.kv_heads, capacity, shape.head_width);
            Tensor::zeros(size, DType::F32, &Device::Cpu).map_err(ModelError::Compute)
        };
        let layers = (0..shape.layers).map(|_| Ok((zeros()?, zeros()?)));
        Ok(Self { layers: layers.collect::<Result<_, ModelError>>()?, length: 0, capacity })
    }

    /// Tokens in it.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Tokens that still fit.
    pub fn room(&self) -> usize {
        self.capacity - self.length
    }

    /// Forgets all but the first `length` tokens.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Writes keys and values of new rows (`[kv_heads, rows, head_width]`) behind what is there,
    /// without counting them yet, and gives all keys and values of the layer.
    pub(super) fn put(
        &mut self,
        layer: usize,
        key: &Tensor,
        value: &Tensor,
    ) -> CandleResult<(Tensor, Tensor)> {
        let Some((keys, values)) = self.layers.get(layer) else {
            candle_core::bail!("the cache has no layer {layer}")
        };
        let rows = key.dim(1)?;
        keys.slice_set(&key.contiguous()?, 1, self.length)?;
        values.slice_set(&value.contiguous()?, 1, self.length)?;
        let seen = self.length + rows;
        Ok((keys.narrow(1, 0, seen)?, values.narrow(1, 0, seen)?))
    }

    /// Counts rows that every layer has written.
    pub(super) fn grow(&mut self, rows: usize) {
        self.length = (self.length + rows).min(self.capacity);
    }
}

impl std::fmt::Debug for KvCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KvCache")
            .field("length", &self.length)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
