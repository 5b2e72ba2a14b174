//! Random sentences in hassil's format, and texts that are, or nearly are, what they say.

use serde_json::{Map, Value, json};

/// Sentences, texts and the context in which they are said.
pub struct Case {
    /// A whole file.
    pub sentences: Value,
    /// What is said.
    pub texts: Vec<String>,
    /// What is known of the situation.
    pub context: Map<String, Value>,
    /// Whether a wildcard is among the lists that are used.
    pub wildcard: bool,
}

/// Numbers by a seed, the same on every machine.
pub struct Random(u64);

/// A template and one way to say it.
struct Piece {
    template: String,
    said: String,
}

const WORDS: &[&str] =
    &["turn", "on", "off", "the", "all", "set", "to", "in", "my", "up", "down", "slowly", "now"];
const SKIPPED: &[&str] = &["please", "can you"];
/// Lists: name, and what is written for its entries with what they stand for.
const COLORS: &[&str] = &["red", "green", "dark blue", "teal"];
const NAMES: &[(&str, &str)] = &[
    ("lamp", "light"),
    ("desk lamp", "light"),
    ("fan", "switch"),
    ("big fan", "switch"),
    ("blinds", "cover"),
];
const ROOMS: &[&str] = &["kitchen", "living room", "attic"];

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// A set of sentences with texts.
    pub fn case(&mut self, texts: usize) -> Case {
        let wildcard = self.chance(20);
        let mut intents = Map::new();
        let mut said = Vec::new();
        for intent in ["Alpha", "Beta", "Gamma"].into_iter().take(1 + self.below(3)) {
            let blocks: Vec<Value> =
                (0..1 + self.below(2)).map(|_| self.block(wildcard, &mut said)).collect();
            intents.insert(intent.into(), json!({"data": blocks}));
        }
        let names: Vec<Value> = NAMES
            .iter()
            .map(|(name, domain)| json!({"in": name, "out": name.to_uppercase(), "context": {"domain": domain}}))
            .collect();
        let sentences = json!({
            "language": "en",
            "intents": intents,
            "lists": {
                "color": {"values": COLORS},
                "name": {"values": names},
                "room": {"values": ROOMS.iter().map(|room| json!({"in": room, "out": room})).collect::<Vec<_>>()},
                "level": {"range": {"from": 0, "to": 100}},
                "tens": {"range": {"from": 10, "to": 90, "step": 10}},
                "words": {"wildcard": true},
            },
            "expansion_rules": {"the": "(the|my)", "inside": "[in] [<the>] {room}", "verb": "(turn|switch)"},
            "skip_words": SKIPPED,
        });
        let texts = (0..texts).map(|_| self.text(&said)).collect();
        let mut context = Map::new();
        if self.chance(40) {
            context.insert("area".into(), json!(self.of(&["kitchen", "attic"])));
        }
        Case { sentences, texts, context, wildcard }
    }

    fn block(&mut self, wildcard: bool, said: &mut Vec<String>) -> Value {
        let mut templates = Vec::new();
        for _ in 0..1 + self.below(3) {
            let mut piece = self.sequence(0);
            if wildcard && self.chance(50) {
                let filler = self.of(&["some old thing", "jazz", "the wall"]);
                let tail = self.of(&["", "now", "slowly"]);
                piece.template = format!("say {{words}} {tail}").trim_end().into();
                piece.said = format!("say {filler} {tail}").trim_end().into();
            }
            templates.push(piece.template);
            said.push(piece.said);
        }
        let mut block = json!({"sentences": templates});
        if self.chance(25) {
            block["slots"] = json!({"fixed": self.of(&["one", "two"])});
        }
        if self.chance(20) {
            block["requires_context"] = json!({"domain": self.of(&["light", "switch"])});
        } else if self.chance(15) {
            block["excludes_context"] = json!({"domain": ["cover", "switch"]});
        } else if self.chance(15) {
            block["requires_context"] = json!({"area": {"slot": true}});
        }
        block
    }

    fn sequence(&mut self, depth: usize) -> Piece {
        let pieces: Vec<Piece> = (0..2 + self.below(3)).map(|_| self.item(depth)).collect();
        joined(pieces)
    }

    fn item(&mut self, depth: usize) -> Piece {
        let kind = if depth > 1 { self.below(5) } else { self.below(10) };
        match kind {
            0..=2 => {
                let word = self.of(WORDS);
                Piece { template: word.into(), said: word.into() }
            }
            3 => self.list(),
            4 if self.chance(50) => {
                let many = self.chance(50);
                let word = self.of(&["light", "door"]);
                Piece {
                    template: format!("{word}[s]"),
                    said: format!("{word}{}", if many { "s" } else { "" }),
                }
            }
            4 => {
                let (rule, said) = self.of(&[
                    ("<the>", "my"),
                    ("<inside>", "in the kitchen"),
                    ("<inside>", "attic"),
                    ("<verb>", "switch"),
                ]);
                Piece { template: rule.into(), said: said.into() }
            }
            5 | 6 => {
                let (a, b) = (self.sequence(depth + 1), self.item(depth + 1));
                let said = if self.chance(50) { a.said } else { b.said };
                Piece { template: format!("({}|{})", a.template, b.template), said }
            }
            7 | 8 => {
                let inner = self.sequence(depth + 1);
                let said = if self.chance(50) { inner.said } else { String::new() };
                Piece { template: format!("[{}]", inner.template), said }
            }
            _ => {
                let (a, b) = (self.item(depth + 1), self.item(depth + 1));
                let said = if self.chance(50) {
                    format!("{} {}", a.said, b.said)
                } else {
                    format!("{} {}", b.said, a.said)
                };
                Piece { template: format!("({};{})", a.template, b.template), said }
            }
        }
    }

    fn list(&mut self) -> Piece {
        match self.below(5) {
            0 => Piece { template: "{color}".into(), said: self.of(COLORS).into() },
            1 => Piece { template: "{name}".into(), said: self.of(NAMES).0.into() },
            2 => Piece { template: "{room:area}".into(), said: self.of(ROOMS).into() },
            3 => Piece { template: "{level}".into(), said: self.below(101).to_string() },
            _ => Piece { template: "{tens:level}".into(), said: (self.below(12) * 10).to_string() },
        }
    }

    /// What is said, or something near it.
    fn text(&mut self, said: &[String]) -> String {
        let index = self.below(said.len());
        let mut words: Vec<String> = said[index].split_whitespace().map(str::to_string).collect();
        if words.is_empty() {
            // A template of nothing but optional parts: hassil takes silence for it, we take silence for silence.
            words.push(self.of(WORDS).into());
        }
        if self.chance(25) && words.len() > 1 {
            let at = self.below(words.len());
            words.remove(at);
        }
        if self.chance(10) {
            let at = self.below(words.len() + 1);
            words.insert(at, self.of(WORDS).into());
        }
        if self.chance(10) && words.len() > 1 {
            let at = self.below(words.len() - 1);
            words.swap(at, at + 1);
        }
        if self.chance(20) {
            // At either end, where a skipped word parts nothing.
            let skipped = self.of(SKIPPED).to_string();
            let at = if self.chance(50) { 0 } else { words.len() };
            words.insert(at, skipped);
        }
        let mut text = words.join(" ");
        if self.chance(15) {
            text = text.to_uppercase();
        }
        if self.chance(15) {
            text.push(self.of(&['.', '!', '?']));
        }
        text
    }
}

fn joined(pieces: Vec<Piece>) -> Piece {
    let join =
        |texts: Vec<&str>| texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    Piece {
        template: join(pieces.iter().map(|piece| piece.template.as_str()).collect()),
        said: join(pieces.iter().map(|piece| piece.said.as_str()).collect()),
    }
}

/// A home of so many names in forty rooms, and texts about them.
pub fn home_case(names: usize) -> Case {
    const KINDS: &[(&str, &str)] =
        &[("lamp", "light"), ("fan", "fan"), ("blinds", "cover"), ("plug", "switch"), ("heater", "climate")];
    const PLACES: &[&str] = &["window", "corner", "desk", "shelf", "door", "wall", "stairs", "table"];
    let room = |at: usize| {
        format!(
            "room {}",
            ["alder", "birch", "cedar", "elm", "fir", "hazel", "larch", "oak"][at % 8].to_string()
                + [" north", " south", " east", " west", ""][at / 8 % 5]
        )
    };
    let name = |at: usize| {
        let (kind, domain) = KINDS[at % KINDS.len()];
        (
            format!(
                "{} {} {} {kind}",
                room(at / 5),
                PLACES[at / 7 % PLACES.len()],
                ["a", "b", "c", "d", "e", "f", "g", "h", "k"][at / 40 % 9].repeat(1 + at / 360)
            ),
            domain,
        )
    };
    let list: Vec<Value> = (0..names)
        .map(|at| {
            let (name, domain) = name(at);
            json!({"in": name, "out": name, "context": {"domain": domain}})
        })
        .collect();
    let rooms: Vec<Value> = (0..40).map(|at| json!({"in": room(at), "out": room(at)})).collect();
    let sentences = json!({
        "language": "en",
        "intents": {
            "TurnOn": {"data": [
                {"sentences": ["<turn> on <name> [<in_room>]", "<turn> <name> on [<in_room>]"], "excludes_context": {"domain": ["cover"]}},
                {"sentences": ["<turn> on (all|[all] the) {kind:domain}[s] [<in_room>]", "{kind:domain}[s] on [<in_room>]"]},
                {"sentences": ["open <name>", "raise <name> [all the way] [up]"], "requires_context": {"domain": "cover"}},
            ]},
            "TurnOff": {"data": [
                {"sentences": ["<turn> off <name> [<in_room>]", "<turn> <name> off [<in_room>]"], "excludes_context": {"domain": ["cover"]}},
                {"sentences": ["<turn> off (all|[all] the) {kind:domain}[s] [<in_room>]"]},
                {"sentences": ["close <name>", "lower <name>"], "requires_context": {"domain": "cover"}},
            ]},
            "LightSet": {"data": [{"sentences": ["set <name> [brightness] to {level:brightness} [percent|%]", "set [the] brightness of <name> to {level:brightness} [percent|%]"], "requires_context": {"domain": "light"}}]},
            "State": {"data": [{"sentences": ["(what is|what's) [the state of] <name>", "is <name> (on|off)"]}]},
            "Climate": {"data": [{"sentences": ["set <name> to {degrees:temperature} degrees"], "requires_context": {"domain": "climate"}}]},
        },
        "lists": {
            "name": {"values": list},
            "room": {"values": rooms},
            "kind": {"values": ["lamp", "fan", "plug"]},
            "level": {"range": {"from": 0, "to": 100}},
            "degrees": {"range": {"from": 5, "to": 35}},
        },
        "expansion_rules": {"turn": "(turn|switch)", "name": "[(the|my)] {name}", "in_room": "[in] [the] {room:area}"},
        "skip_words": ["please"],
    });
    let of_kind = |kind: usize, nth: usize| name((nth * 35 + kind) % names).0;
    let texts = vec![
        format!("turn on the {}", of_kind(0, 3)),
        format!("set the {} to 40 percent", of_kind(0, 7)),
        format!("open the {}", of_kind(2, 5)),
        "turn off all the lamps in the room birch south".to_string(),
        format!("switch my {} off", of_kind(1, 9)),
        format!("what is the state of the {}", of_kind(3, 2)),
        format!("set {} to 21 degrees", of_kind(4, 4)),
        format!("please turn the {} on", of_kind(3, 11)),
        format!("is the {} on", of_kind(0, 12)),
        format!("close {}", of_kind(2, 1)),
        "fans on in the room elm".to_string(),
        format!("set the brightness of the {} to 5%", of_kind(0, 13)),
    ];
    Case { sentences, texts, context: Map::new(), wildcard: false }
}
