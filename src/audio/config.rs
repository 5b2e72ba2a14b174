//! Which microphone and which loudspeaker.

use serde::{Deserialize, Serialize};

/// Which microphone and which loudspeaker.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AudioConfig {
    /// The microphone's name as `sotto doctor` lists it, or a part of it; empty: ALSA's default.
    pub input: String,
    /// The loudspeaker's name as `sotto doctor` lists it, or a part of it; empty: ALSA's default.
    pub output: String,
}
