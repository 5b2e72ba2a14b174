//! Every key there is: the one table from which the file is checked, written and explained.

/// What a key may hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Allowed {
    /// `true` or `false`.
    Flag,
    /// A whole number in this range.
    Whole(i64, i64),
    /// A number in this range.
    Number(f64, f64),
    /// Any text; the second is an example, written commented out where there is no default.
    Text(&'static str),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of texts.
    Texts(&'static str),
    /// A table whose keys are free (such as entity ids); an example of one line.
    Table(&'static str),
}

impl Allowed {
    /// What is allowed, in words.
    pub fn describe(&self) -> String {
        match self {
            Allowed::Flag => "true or false".into(),
            Allowed::Whole(min, max) => format!("a whole number from {min} to {max}"),
            Allowed::Number(min, max) => format!("a number from {min} to {max}"),
            Allowed::Text(example) => format!("a text, such as \"{example}\""),
            Allowed::Word(words) => format!("one of {}", words.join(", ")),
            Allowed::Texts(example) => format!("a list of texts, such as {example}"),
            Allowed::Table(example) => format!("a table, such as {example}"),
        }
    }
}

/// One key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Key {
    /// Its section.
    pub section: &'static str,
    /// Its name in the section.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub about: &'static str,
    /// What it may hold.
    pub allowed: Allowed,
}

const fn key(section: &'static str, name: &'static str, allowed: Allowed, about: &'static str) -> Key {
    Key { section, name, about, allowed }
}

use Allowed::{Flag, Number, Table, Text, Texts, Whole, Word};

/// Every key, in the order in which the file is written.
pub const KEYS: &[Key] = &[
    key("assistant", "language", Text("en"), "Language in which Sotto listens and speaks."),
    key(
        "assistant",
        "area",
        Text("Kitchen"),
        "Area in which this board stands: what \"the lights\" means when no room is named.",
    ),
    key(
        "assistant",
        "min_confidence",
        Number(0.0, 1.0),
        "Confidence of a transcript below which Sotto says that it did not catch that.",
    ),
    key(
        "audio",
        "input",
        Text("plughw:CARD=seeed2micvoicec"),
        "The microphone: a name that `sotto doctor` lists, or a part of one; empty: ALSA's default.",
    ),
    key(
        "audio",
        "output",
        Text("plughw:CARD=Headphones"),
        "The loudspeaker: a name that `sotto doctor` lists, or a part of one; empty: ALSA's default.",
    ),
    key(
        "wake",
        "words",
        Texts("[\"computer\", \"jarvis\"]"),
        "Words that wake Sotto, out of those of the model.",
    ),
    key(
        "wake",
        "sensitivity",
        Word(&["low", "medium", "high"]),
        "How readily they are heard: low wakes less by mistake, high misses less.",
    ),
    key(
        "wake",
        "thresholds",
        Table("{ computer = 0.7 }"),
        "A word's own threshold, 0 to 1, instead of the one of the sensitivity.",
    ),
    key(
        "wake",
        "refractory_ms",
        Whole(100, 10_000),
        "For how long a word is not heard again after it was, in ms.",
    ),
    key(
        "wake",
        "model",
        Text("/etc/sotto/mine.sottowake"),
        "A wake-word model of one's own; empty: the one that Sotto ships.",
    ),
    key("vad", "trailing_silence_ms", Whole(200, 3000), "Silence that ends an utterance, in milliseconds."),
    key("vad", "max_utterance_ms", Whole(2000, 28_000), "The longest utterance, in milliseconds."),
    key(
        "vad",
        "no_speech_ms",
        Whole(1000, 30_000),
        "How long Sotto waits for somebody to speak, in milliseconds.",
    ),
    key(
        "vad",
        "complete_silence_ms",
        Whole(200, 3000),
        "Silence after which a whole command is acted on, in milliseconds.",
    ),
    key(
        "vad",
        "unfinished_silence_ms",
        Whole(200, 5000),
        "Silence that may follow half a sentence, in milliseconds.",
    ),
    key("vad", "threshold", Number(0.1, 0.9), "Probability at which a sound counts as speech."),
    key(
        "stt",
        "model",
        Text("whisper-base"),
        "A Whisper model: a name from `sotto models list`, or the path of a ggml file.",
    ),
    key("stt", "language", Text("en"), "Language spoken; `auto` lets a multilingual model decide."),
    key(
        "stt",
        "threads",
        Whole(0, 16),
        "Threads of one recognition; 0: as many as there are idle cores, at most 4.",
    ),
    key(
        "stt",
        "window_ms",
        Whole(0, 30_000),
        "The model hears at least this much, filled up with silence, in milliseconds; less is quicker. 0: what the model bears.",
    ),
    key(
        "stt",
        "padding_ms",
        Whole(0, 10_000),
        "Silence after the sound that the model hears, in milliseconds.",
    ),
    key("stt", "again_below", Number(0.0, 1.0), "Confidence below which a wider window is tried."),
    key(
        "stt",
        "time_limit_ms",
        Whole(200, 60_000),
        "A recognition ends after this long with the text it has, in milliseconds.",
    ),
    key("intent", "enabled", Flag, "Whether a language model reads what the sentence grammar does not know."),
    key(
        "intent",
        "model",
        Text("smollm2-135m-instruct"),
        "A language model: a name from `sotto models list`, or the path of a GGUF file.",
    ),
    key("intent", "deadline_ms", Whole(50, 60_000), "The longest that one text may take, in milliseconds."),
    key("intent", "min_confidence", Number(0.0, 1.0), "How sure the language model must be to act."),
    key("intent", "max_tokens", Whole(8, 512), "The longest text that the language model reads, in tokens."),
    key("intent", "max_offers", Whole(2, 64), "How many commands are weighed against each other at most."),
    key("broker", "url", Text("mqtt://localhost:1883"), "The MQTT broker: mqtt:// or, with TLS, mqtts://."),
    key("broker", "username", Text("sotto"), "User name at the broker."),
    key("broker", "password", Text("secret"), "Password at the broker; better kept in password_file."),
    key(
        "broker",
        "password_file",
        Text("/etc/sotto/broker-password"),
        "File whose first line is the password.",
    ),
    key(
        "broker",
        "client_id",
        Text("sotto-kitchen"),
        "Name of this board at the broker; empty: made from the host's name.",
    ),
    key(
        "broker",
        "ca_file",
        Text("/etc/sotto/ca.pem"),
        "Certificate of your own certificate authority, in PEM.",
    ),
    key(
        "broker",
        "client_cert_file",
        Text("/etc/sotto/client.pem"),
        "Certificate by which the broker knows this board, in PEM.",
    ),
    key("broker", "client_key_file", Text("/etc/sotto/client-key.pem"), "Key of that certificate, in PEM."),
    key(
        "broker",
        "keep_alive_s",
        Whole(5, 3600),
        "A sign of life to the broker at least this often, in seconds.",
    ),
    key("broker", "connect_timeout_s", Whole(1, 60), "How long connecting may take, in seconds."),
    key(
        "broker",
        "deadline_ms",
        Whole(500, 60_000),
        "A command that has not left after this long is dropped, in milliseconds.",
    ),
    key("broker", "max_packet_mb", Whole(1, 256), "The largest message that is taken, in megabytes."),
    key("broker", "embedded", Flag, "Whether this board is the broker itself."),
    key(
        "broker",
        "listen",
        Text("127.0.0.1"),
        "Address on which the embedded broker listens; beyond this board only with a password.",
    ),
    key(
        "broker",
        "last_will",
        Table("{ topic = \"sotto/status\", payload = \"offline\", retain = true }"),
        "What the broker says for us when we are gone.",
    ),
    key(
        "home",
        "discovery_prefixes",
        Texts("[\"homeassistant\"]"),
        "Topics under which devices announce themselves.",
    ),
    key(
        "home",
        "zigbee2mqtt_topics",
        Texts("[\"zigbee2mqtt\"]"),
        "Base topics of Zigbee2MQTT; empty: it is not listened to.",
    ),
    key(
        "home",
        "tasmota_topics",
        Texts("[\"tasmota/discovery\"]"),
        "Topics under which Tasmota devices announce themselves; empty: they are not listened to.",
    ),
    key(
        "home",
        "shelly_topics",
        Texts("[\"+\", \"upstairs/boiler\"]"),
        "Topic prefixes of Shelly devices; + stands for any of one level; empty: they are not listened to.",
    ),
    key(
        "home",
        "max_entities",
        Whole(1, 1_000_000),
        "The most entities that are learnt; further announcements are rejected.",
    ),
    key("home", "max_payload_bytes", Whole(1024, 67_108_864), "The largest message that is read, in bytes."),
    key(
        "home",
        "areas_from_names",
        Flag,
        "Whether a name that begins with an area's name puts the thing there.",
    ),
    key(
        "home",
        "entities",
        Table("{ \"light.floor_lamp\" = { aliases = [\"Fred\"], area = \"Living Room\" } }"),
        "Names, aliases and areas of entities.",
    ),
    key(
        "home",
        "areas",
        Table("{ Kitchen = { aliases = [\"cooking room\"], floor = \"Downstairs\" } }"),
        "Aliases and floors of areas.",
    ),
    key("home", "floors", Table("{ Downstairs = { aliases = [\"ground floor\"] } }"), "Aliases of floors."),
    key("home", "allow", Texts("[\"light.*\"]"), "Entities that may be commanded; empty: all."),
    key("home", "deny", Texts("[\"lock.*\"]"), "Entities that may never be commanded."),
    key("home", "safety", Table("{ trust = [\"cover.garage_door\"] }"), "What is done without asking first."),
    key(
        "tts",
        "voice",
        Text("piper-en_US-joe-medium"),
        "A Piper voice: a name from `sotto models list`, or the path of an .onnx file; `built-in` needs no files.",
    ),
    key("tts", "speed", Number(0.5, 2.0), "Pace of speech; 1 is the voice's own."),
    key("tts", "volume", Number(0.0, 1.0), "Loudness of speech; 1 is full."),
    key(
        "tts",
        "library",
        Text("/usr/lib/libonnxruntime.so"),
        "ONNX Runtime's library; empty: the one that was pulled.",
    ),
];
