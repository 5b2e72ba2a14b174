//! What is asked before it is done.

use serde::{Deserialize, Serialize};

/// Which questions are left out.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SafetyConfig {
    /// Entities that are commanded without a question: an entity id, or `domain.*`.
    pub trust: Vec<String>,
    /// Classes that are commanded without a question.
    pub trust_classes: Vec<String>,
}
