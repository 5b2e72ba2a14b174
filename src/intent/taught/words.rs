//! Small words of each language by which something that happens becomes a question about a state.

/// "The front door opens" is the question "is the front door open", asked again and again.
pub fn question_of(text: &str, language: &str) -> Option<String> {
    let text = text.trim().trim_end_matches([',', '.', '!', '?']).to_lowercase();
    if language.starts_with("zh") {
        let text = text.replace("还", "").replace("仍然", "");
        let rest = text.strip_suffix("了").unwrap_or(&text);
        let (thing, state) = [
            ("打开", "开着"),
            ("开着", "开着"),
            ("关上", "关着"),
            ("关着", "关着"),
            ("开", "开着"),
            ("关", "关着"),
        ]
        .iter()
        .find_map(|(verb, state)| {
            rest.strip_suffix(verb).map(|thing| (thing.trim_end_matches('被'), *state))
        })?;
        return (!thing.is_empty()).then(|| format!("{thing}{state}吗"));
    }
    // "Is it still" and "is it" ask the same.
    let text = format!(" {text} ");
    let text = text
        .replace(" still ", " ")
        .replace(" has been ", " is ")
        .replace(" gets ", " is ")
        .replace(" get ", " are ");
    let text = text
        .replace(" becomes ", " is ")
        .replace(" goes ", " is ")
        .replace(" comes ", " is ")
        .replace(" detects ", " is detecting ");
    let text = text.replace(" someone ", " somebody ").replace(" anyone ", " anybody ");
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    for (start, place) in [("there is motion", true), ("motion is detected", true), ("somebody moves", true)]
    {
        if let Some(rest) = text.strip_prefix(start) {
            return place.then(|| format!("is there motion{rest}"));
        }
    }
    const VERBS: &[(&str, &str)] = &[
        ("opens", "open"),
        ("is opened", "open"),
        ("are opened", "open"),
        ("open", "open"),
        ("closes", "closed"),
        ("is closed", "closed"),
        ("shuts", "closed"),
        ("turns on", "on"),
        ("is turned on", "on"),
        ("is switched on", "on"),
        ("turns off", "off"),
        ("is turned off", "off"),
        ("is switched off", "off"),
        ("unlocks", "unlocked"),
        ("is unlocked", "unlocked"),
        ("locks", "locked"),
        ("leaves", "away"),
        ("leaves home", "away"),
        ("arrives", "at home"),
        ("arrives home", "at home"),
        ("is home", "at home"),
    ];
    for (verb, state) in VERBS {
        if let Some(thing) = text.strip_suffix(verb).filter(|thing| thing.ends_with(' ')) {
            let thing = thing.trim();
            // "The window is open" ends in the state itself.
            let (thing, be) = match thing.strip_suffix(" is").or(thing.strip_suffix(" are")) {
                Some(bare) => (bare, "is"),
                None => (thing, "is"),
            };
            return (!thing.is_empty()).then(|| format!("{be} {thing} {state}"));
        }
    }
    for be in [" is ", " are "] {
        if let Some((thing, state)) = text.split_once(be) {
            return Some(format!("{} {thing} {state}", be.trim()));
        }
    }
    None
}

/// Whether a condition is about nobody being at home (`true`), or somebody (`false`).
pub fn away_of(text: &str, language: &str) -> Option<bool> {
    let text = text.trim().trim_end_matches([',', '.', '!', '?']).to_lowercase().replace('’', "'");
    let is = |all: &[&str]| all.contains(&text.as_str());
    if language.starts_with("zh") {
        return match () {
            () if is(&["我不在家", "没人在家", "家里没人", "我不在", "我们不在家", "我出门"]) => {
                Some(true)
            }
            () if is(&["我在家", "有人在家", "家里有人", "我们在家"]) => Some(false),
            () => None,
        };
    }
    match () {
        () if is(&[
            "i'm away",
            "i am away",
            "im away",
            "we're away",
            "we are away",
            "nobody is home",
            "nobody is at home",
            "nobody's home",
            "no one is home",
            "no one is at home",
            "i'm not home",
            "i am not home",
            "i'm not at home",
            "i am not at home",
            "i'm out",
            "i am out",
            "we're out",
            "we are out",
            "everyone is away",
            "everybody is away",
            "we're not home",
            "we are not home",
            "i'm gone",
            "i am gone",
            "everyone is out",
            "away",
        ]) =>
        {
            Some(true)
        }
        () if is(&[
            "i'm home",
            "i am home",
            "i'm at home",
            "i am at home",
            "somebody is home",
            "someone is home",
            "we're home",
            "we are home",
            "somebody is at home",
            "someone is at home",
            "anyone is home",
            "anybody is home",
        ]) =>
        {
            Some(false)
        }
        () => None,
    }
}

/// What is to be told: "tell me that dinner is ready" tells "dinner is ready", "tell me" nothing of its own.
pub(super) fn told(action: &str, language: &str) -> Option<String> {
    let text = action.trim().trim_end_matches([',', '.', '!', '?']);
    let lower = text.to_lowercase();
    let starts: &[&str] = if language.starts_with("zh") {
        &["告诉我", "提醒我", "通知我", "跟我说"]
    } else {
        &[
            "tell me",
            "let me know",
            "notify me",
            "remind me",
            "warn me",
            "alert me",
            "inform me",
            "send me a message",
            "give me a message",
            "say so",
        ]
    };
    let start = starts.iter().find(|start| lower.starts_with(*start))?;
    let rest = text.get(start.len()..)?.trim_start_matches([' ', ':', ',']);
    let joints: &[&str] = &["that ", "to ", "about it", "of it", "about ", "of "];
    let rest = joints.iter().find_map(|joint| rest.strip_prefix(joint)).unwrap_or(rest);
    Some(rest.trim().to_string())
}

/// An action without the "then" before it.
pub(super) fn without_then<'a>(action: &'a str, language: &str) -> &'a str {
    let action = action.trim().trim_start_matches([',', ':', '，', '：']).trim();
    let starts: &[&str] = if language.starts_with("zh") {
        &["就", "请", "的时候", "时", "那就", "，"]
    } else {
        &["then ", "please ", "you should ", "i want you to ", "that means ", "to ", "it means "]
    };
    let lower = action.to_lowercase();
    match starts.iter().find(|start| lower.starts_with(**start)) {
        Some(start) => without_then(action.get(start.len()..).unwrap_or(""), language),
        None => action,
    }
}

/// Whether words begin as no thing to buy does.
pub(super) fn is_no_item(words: &[String], language: &str) -> bool {
    let starts: &[&str] = if language.starts_with("zh") {
        &["你", "我", "去", "他", "她"]
    } else {
        &[
            "to", "not", "you", "up", "in", "out", "on", "off", "it", "that", "this", "him", "her", "them",
            "me", "us", "more", "less", "and", "there", "here", "home", "back", "your", "his", "help",
        ]
    };
    words.first().is_none_or(|word| starts.contains(&word.as_str()))
}

/// What a statement is about: the words before its verb.
pub(super) fn subject(fact: &str, language: &str) -> Option<String> {
    let lower = fact.to_lowercase();
    let verbs: &[&str] =
        if language.starts_with("zh") { &["在", "是"] } else { &[" is ", " are ", " was ", " were "] };
    let at = verbs.iter().filter_map(|verb| lower.find(verb)).min()?;
    let subject = lower.get(..at)?.trim();
    let articles = ["the ", "my ", "our ", "a ", "an "];
    let subject = articles.iter().find_map(|article| subject.strip_prefix(article)).unwrap_or(subject);
    (!subject.is_empty()).then(|| subject.to_string())
}
