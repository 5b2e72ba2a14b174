//! A decoder-only transformer over quantized weights: `llama`, `qwen2` and `qwen3` by GGUF metadata.
//!
//! RMS norm, rotary positions, grouped-query attention, SwiGLU; qwen2 has biases on query, key and
//! value, qwen3 a norm on each head's query and key. In come rows of tokens that hang together as a
//! tree (a text is a tree without branches), out go the hidden states after the last norm. Each row
//! sees what is in the cache and its own ancestors, so that many continuations of one text cost one
//! pass instead of one pass each.

use super::ModelError;
use super::cache::KvCache;
use super::gguf::{Gguf, malformed};
use super::requantize::quick;
use candle_core::quantized::{QMatMul, QStorage, QTensor};
use candle_core::{D, DType, Device, Module, Result as CandleResult, Tensor};
use std::borrow::Cow;
use std::sync::Arc;

/// Sizes of a model, read from the file's metadata.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// `llama`, `qwen2` or `qwen3`.
    pub architecture: String,
    /// Layers.
    pub layers: usize,
    /// Width of the hidden state.
    pub width: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads.
    pub kv_heads: usize,
    /// Width of a head.
    pub head_width: usize,
    /// Width inside the MLP.
    pub mlp_width: usize,
    /// Tokens in the vocabulary.
    pub vocabulary: usize,
    /// The longest text the model was made for, in tokens.
    pub context: usize,
    rope_base: f64,
    epsilon: f32,
    /// Whether rotary pairs are neighbours (`llama` files) or half a head apart.
    interleaved: bool,
}

impl Shape {
    fn read(gguf: &Gguf) -> Result<Self, ModelError> {
        let architecture = gguf.text("general.architecture")?.to_owned();
        let interleaved = match architecture.as_str() {
            "llama" => true,
            "qwen2" | "qwen3" => false,
            _ => {
                let what = format!("its architecture is `{architecture}`; llama, qwen2 and qwen3 are known");
                return Err(ModelError::Unsupported { path: gguf.path().to_owned(), what });
            }
        };
        let key = |name: &str| format!("{architecture}.{name}");
        let count = |name: &str, max| gguf.count(&key(name), max);
        let heads = count("attention.head_count", 1024)?;
        let width = count("embedding_length", 65_536)?;
        let given = |name: &str, max, default| match gguf.metadata().get(&key(name)) {
            Some(_) => count(name, max),
            None => Ok(default),
        };
        let kv_heads = given("attention.head_count_kv", 1024, heads)?;
        let head_width = given("attention.key_length", 1024, width / heads)?;
        let rotated = given("rope.dimension_count", 1024, head_width)?;
        let bad = |what: &str| Err(malformed(gguf.path(), what));
        if !heads.is_multiple_of(kv_heads) {
            return bad("its query heads are no multiple of its key heads");
        }
        if head_width < 2 || !head_width.is_multiple_of(2) || rotated != head_width {
            return bad("its heads are not rotated as a whole, which is not known here");
        }
        if gguf.metadata().contains_key(&key("rope.scaling.type"))
            && gguf.text(&key("rope.scaling.type"))? != "none"
        {
            tracing::warn!("{}: rope scaling is ignored", gguf.path().display());
        }
        let embedding = gguf.tensors().get("token_embd.weight");
        let vocabulary = match embedding.map(|t| t.shape.dims()) {
            Some(&[rows, columns]) if columns == width => rows,
            _ => return bad("tensor `token_embd.weight` is missing or has another width"),
        };
        let rope_base = gguf.number(&key("rope.freq_base")).unwrap_or(10_000.0);
        if !rope_base.is_finite() || rope_base < 1.0 {
            return bad("its rope.freq_base is impossible");
        }
        Ok(Self {
            layers: count("block_count", 1024)?,
            mlp_width: count("feed_forward_length", 1 << 20)?,
            context: count("context_length", 1 << 24)?,
            epsilon: gguf.number(&key("attention.layer_norm_rms_epsilon")).unwrap_or(1e-5) as f32,
            architecture,
            width,
            heads,
            kv_heads,
            head_width,
            vocabulary,
            rope_base,
            interleaved,
        })
    }
}

/// Rows of tokens that hang together as a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    tokens: Vec<u32>,
    parents: Vec<Option<usize>>,
}

impl Rows {
    /// A text: each row hangs on the one before it, the first on what is in the cache.
    pub fn text(tokens: &[u32]) -> Self {
        let parents = (0..tokens.len()).map(|i| i.checked_sub(1)).collect();
        Self { tokens: tokens.to_vec(), parents }
    }

    /// Adds a row that hangs on an earlier one, or with `None` on what is in the cache; gives its
    /// index.
    pub fn push(&mut self, token: u32, parent: Option<usize>) -> usize {
        self.tokens.push(token);
        self.parents.push(parent.filter(|p| p + 1 < self.tokens.len()));
        self.tokens.len() - 1
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The depth of each row below the cache, and which rows it sees, itself included.
    fn ancestry(&self) -> (Vec<usize>, Vec<Vec<usize>>) {
        let mut depths: Vec<usize> = Vec::with_capacity(self.len());
        let mut seen: Vec<Vec<usize>> = Vec::with_capacity(self.len());
        for (row, parent) in self.parents.iter().enumerate() {
            let above = parent.and_then(|p| Some((depths.get(p)?, seen.get(p)?)));
            let (depth, mut rows) = above.map_or((0, Vec::new()), |(d, s)| (d + 1, s.clone()));
            rows.push(row);
            depths.push(depth);
            seen.push(rows);
        }
        (depths, seen)
    }
}

struct Layer {
    attention_norm: Tensor,
    /// Query, key and value, as one matrix where their types agree.
    qkv: Vec<QMatMul>,
    qkv_bias: Option<Tensor>,
    query_norm: Option<Tensor>,
    key_norm: Option<Tensor>,
    output: QMatMul,
    mlp_norm: Tensor,
    /// Gate and up, as one matrix where their types agree.
    gate_up: Vec<QMatMul>,
    down: QMatMul,
}

/// The weights.
pub struct Transformer {
    shape: Shape,
    embedding: Arc<QTensor>,
    layers: Vec<Layer>,
    norm: Tensor,
    head: QMatMul,
    /// One over each rotary pair's wavelength.
    frequencies: Vec<f32>,
}

impl Transformer {
    /// Reads the weights.
    ///
    /// # Errors
    /// [`ModelError::Unsupported`] for another architecture, [`ModelError::Malformed`] when a
    /// tensor is missing or has another shape than the metadata say.
    pub fn load(gguf: &mut Gguf) -> Result<Self, ModelError> {
        let shape = Shape::read(gguf)?;
        let embedding = matrix(gguf, "token_embd.weight", shape.vocabulary, shape.width)?;
        let embedding = Arc::new(embedding);
        let layers = (0..shape.layers).map(|i| Layer::load(gguf, &shape, i));
        let layers = layers.collect::<Result<_, _>>()?;
        let norm = vector(gguf, "output_norm.weight", shape.width)?;
        let head = if gguf.tensors().contains_key("output.weight") {
            Arc::new(matrix(gguf, "output.weight", shape.vocabulary, shape.width)?)
        } else {
            Arc::clone(&embedding)
        };
        let head = QMatMul::from_arc(head).map_err(|e| malformed(gguf.path(), e.to_string()))?;
        let half = shape.head_width / 2;
        let mut frequencies: Vec<f32> =
            (0..half).map(|i| shape.rope_base.powf(-(i as f64) / half as f64) as f32).collect();
        // Llama 3.1 and later stretch long wavelengths by factors that the file carries.
        if gguf.tensors().contains_key("rope_freqs.weight") {
            let factors = vector(gguf, "rope_freqs.weight", half)?;
            let factors = factors.to_vec1::<f32>().map_err(ModelError::Compute)?;
            frequencies.iter_mut().zip(factors).for_each(|(f, x)| *f /= x);
        }
        Ok(Self { shape, embedding, layers, norm, head, frequencies })
    }

    /// The sizes.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Runs the rows behind what is in the cache and appends them to it. Gives the hidden states
    /// after the last norm, `[rows, width]`.
    ///
    /// # Errors
    /// [`ModelError::TooLong`] when the cache has no room for the rows.
    pub fn forward(&self, cache: &mut KvCache, rows: &Rows) -> Result<Tensor, ModelError> {
        let base = cache.len();
        if rows.is_empty() || rows.len() > cache.room() {
            return Err(ModelError::TooLong { tokens: base + rows.len() });
        }
        if rows.tokens.iter().any(|t| *t as usize >= self.shape.vocabulary) {
            return Err(ModelError::Tokenize("a token is outside the model's vocabulary".into()));
        }
        let hidden = self.run(cache, rows, base).map_err(ModelError::Compute)?;
        cache.grow(rows.len());
        Ok(hidden)
    }

    fn run(&self, cache: &mut KvCache, rows: &Rows, base: usize) -> CandleResult<Tensor> {
        let (depths, seen) = rows.ancestry();
        let count = rows.len();
        let turn = self.rotation(&depths, base)?;
        let mut mask = vec![f32::NEG_INFINITY; count * (base + count)];
        for (line, visible) in mask.chunks_mut(base + count).zip(&seen) {
            let (cached, new) = line.split_at_mut(base);
            cached.fill(0.0);
            visible.iter().filter_map(|j| new.get_mut(*j).map(|x| *x = 0.0)).for_each(drop);
        }
        let mask = Tensor::from_vec(mask, (1, count, base + count), &Device::Cpu)?;
        let ids = Tensor::from_slice(&rows.tokens, count, &Device::Cpu)?;
        let mut x = self.embedding.embedding(&ids)?;
        for (index, layer) in self.layers.iter().enumerate() {
            x = layer.forward(&self.shape, &x, cache, index, &turn, &mask)?;
        }
        candle_nn::ops::rms_norm(&x, &self.norm, self.shape.epsilon)
    }

    /// Cosine and sine for rows at these depths below `base`, each `[rows, head_width / 2]`.
    fn rotation(&self, depths: &[usize], base: usize) -> CandleResult<(Tensor, Tensor)> {
        let angles: Vec<f32> =
            depths.iter().flat_map(|d| self.frequencies.iter().map(move |f| (base + d) as f32 * f)).collect();
        let angles = Tensor::from_vec(angles, (depths.len(), self.frequencies.len()), &Device::Cpu)?;
        Ok((angles.cos()?, angles.sin()?))
    }

    /// Scores of every token of the vocabulary to come next, `[rows, vocabulary]`.
    pub fn logits(&self, hidden: &Tensor) -> Result<Tensor, ModelError> {
        self.head.forward(hidden).map_err(ModelError::Compute)
    }
}

impl Layer {
    fn load(gguf: &mut Gguf, shape: &Shape, index: usize) -> Result<Self, ModelError> {
        let name = |part: &str| format!("blk.{index}.{part}");
        let (q, kv) = (shape.heads * shape.head_width, shape.kv_heads * shape.head_width);
        let mut qkv = Vec::new();
        let mut biases = Vec::new();
        for (part, rows) in [("attn_q", q), ("attn_k", kv), ("attn_v", kv)] {
            qkv.push(matrix(gguf, &name(&format!("{part}.weight")), rows, shape.width)?);
            let bias = name(&format!("{part}.bias"));
            if shape.architecture == "qwen2" || gguf.tensors().contains_key(&bias) {
                biases.push(vector(gguf, &bias, rows)?);
            }
        }
        let qkv_bias = match biases.len() {
            0 => None,
            _ => Some(Tensor::cat(&biases, 0).map_err(ModelError::Compute)?),
        };
        let head_norm = |gguf: &mut Gguf, part: &str| {
            let wanted = shape.architecture == "qwen3";
            wanted.then(|| vector(gguf, &name(part), shape.head_width)).transpose()
        };
        let gate_up = [
            matrix(gguf, &name("ffn_gate.weight"), shape.mlp_width, shape.width)?,
            matrix(gguf, &name("ffn_up.weight"), shape.mlp_width, shape.width)?,
        ];
        let output = matrix(gguf, &name("attn_output.weight"), shape.width, q)?;
        let down = matrix(gguf, &name("ffn_down.weight"), shape.width, shape.mlp_width)?;
        let layer = Self {
            attention_norm: vector(gguf, &name("attn_norm.weight"), shape.width)?,
            query_norm: head_norm(gguf, "attn_q_norm.weight")?,
            key_norm: head_norm(gguf, "attn_k_norm.weight")?,
            mlp_norm: vector(gguf, &name("ffn_norm.weight"), shape.width)?,
            qkv: stacked(qkv).map_err(ModelError::Compute)?,
            qkv_bias,
            output: QMatMul::from_qtensor(output).map_err(ModelError::Compute)?,
            gate_up: stacked(gate_up.into()).map_err(ModelError::Compute)?,
            down: QMatMul::from_qtensor(down).map_err(ModelError::Compute)?,
        };
        if layer.qkv_bias.as_ref().is_some_and(|b| b.elem_count() != q + 2 * kv) {
            return Err(malformed(gguf.path(), format!("layer {index} has a part of its biases")));
        }
        Ok(layer)
    }

    fn forward(
        &self,
        shape: &Shape,
        x: &Tensor,
        cache: &mut KvCache,
        index: usize,
        turn: &(Tensor, Tensor),
        mask: &Tensor,
    ) -> CandleResult<Tensor> {
        let rows = x.dim(0)?;
        let normed = candle_nn::ops::rms_norm(x, &self.attention_norm, shape.epsilon)?;
        let mut qkv = product(&self.qkv, &normed)?;
        if let Some(bias) = &self.qkv_bias {
            qkv = qkv.broadcast_add(bias)?;
        }
        let (q, kv) = (shape.heads * shape.head_width, shape.kv_heads * shape.head_width);
        let part = |from, width, heads| -> CandleResult<Tensor> {
            let part = qkv.narrow(1, from, width)?.reshape((rows, heads, shape.head_width))?;
            part.transpose(0, 1)?.contiguous()
        };
        let query = head_norm(part(0, q, shape.heads)?, self.query_norm.as_ref(), shape.epsilon)?;
        let key = head_norm(part(q, kv, shape.kv_heads)?, self.key_norm.as_ref(), shape.epsilon)?;
        let value = part(q + kv, kv, shape.kv_heads)?;
        let rotate = |x: &Tensor| -> CandleResult<Tensor> {
            let x = x.unsqueeze(0)?;
            let turned = if shape.interleaved {
                candle_nn::rotary_emb::rope_i(&x, &turn.0, &turn.1)?
            } else {
                candle_nn::rotary_emb::rope(&x, &turn.0, &turn.1)?
            };
            turned.squeeze(0)
        };
        let (query, key) = (rotate(&query)?, rotate(&key)?);
        let (keys, values) = cache.put(index, &key, &value)?;
        let seen = keys.dim(1)?;
        let group = shape.heads / shape.kv_heads;
        let scale = 1.0 / (shape.head_width as f64).sqrt();
        let query = (query * scale)?.reshape((shape.kv_heads, group * rows, shape.head_width))?;
        let scores = query.matmul(&keys.transpose(1, 2)?)?;
        let scores = scores.reshape((shape.heads, rows, seen))?.broadcast_add(mask)?;
        let weights = candle_nn::ops::softmax_last_dim(&scores)?;
        let weights = weights.reshape((shape.kv_heads, group * rows, seen))?;
        let mixed = weights.matmul(&values)?.reshape((shape.heads, rows, shape.head_width))?;
        let mixed = mixed.transpose(0, 1)?.reshape((rows, q))?;
        let x = (x + self.output.forward(&mixed)?)?;
        let normed = candle_nn::ops::rms_norm(&x, &self.mlp_norm, shape.epsilon)?;
        let gate_up = product(&self.gate_up, &normed)?;
        let gate = gate_up.narrow(1, 0, shape.mlp_width)?.contiguous()?;
        let up = gate_up.narrow(1, shape.mlp_width, shape.mlp_width)?.contiguous()?;
        x + self.down.forward(&(candle_nn::ops::silu(&gate)? * up)?)?
    }
}

fn head_norm(x: Tensor, norm: Option<&Tensor>, epsilon: f32) -> CandleResult<Tensor> {
    match norm {
        Some(norm) => candle_nn::ops::rms_norm(&x, norm, epsilon),
        None => Ok(x),
    }
}

/// The products with each matrix, side by side.
fn product(matrices: &[QMatMul], x: &Tensor) -> CandleResult<Tensor> {
    let mut parts = matrices.iter().map(|m| m.forward(x)).collect::<CandleResult<Vec<_>>>()?;
    match parts.len() {
        1 => Ok(parts.remove(0)),
        _ => Tensor::cat(&parts, D::Minus1),
    }
}

/// Puts matrices of one type and width on top of each other: fewer, larger products wait less.
fn stacked(matrices: Vec<QTensor>) -> CandleResult<Vec<QMatMul>> {
    let Some(first) = matrices.first() else { return Ok(Vec::new()) };
    let (dtype, width) = (first.dtype(), first.shape().dims2()?.1);
    if matrices.iter().any(|m| m.dtype() != dtype) {
        return matrices.into_iter().map(QMatMul::from_qtensor).collect();
    }
    let mut rows = 0;
    let mut bytes = Vec::new();
    for matrix in &matrices {
        rows += matrix.shape().dims2()?.0;
        bytes.extend_from_slice(&matrix.data()?);
    }
    let storage = QStorage::from_data(Cow::Owned(bytes), &Device::Cpu, dtype)?;
    Ok(vec![QMatMul::from_qtensor(QTensor::new(storage, (rows, width))?)?])
}

fn matrix(gguf: &mut Gguf, name: &str, rows: usize, width: usize) -> Result<QTensor, ModelError> {
    let tensor = gguf.tensor(name, &[rows, width])?;
    quick(tensor).map_err(|e| malformed(gguf.path(), format!("tensor `{name}`: {e}")))
}

fn vector(gguf: &mut Gguf, name: &str, width: usize) -> Result<Tensor, ModelError> {
    let tensor = gguf.tensor(name, &[width])?.dequantize(&Device::Cpu);
    let tensor = tensor.and_then(|t| t.to_dtype(DType::F32));
    tensor.map_err(|e| malformed(gguf.path(), format!("tensor `{name}`: {e}")))
}

impl std::fmt::Debug for Transformer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transformer").field("shape", &self.shape).finish_non_exhaustive()
    }
}
