//! Names of entities, and names as parts of entity ids.

/// Letters that decompose into a plain one, by their plain form.
const PLAIN: &[(&str, &str)] = &[
    ("a", "àáâãäåāăą"),
    ("ae", "æ"),
    ("c", "çćĉċč"),
    ("d", "ďđð"),
    ("e", "èéêëēĕėęě"),
    ("g", "ĝğġģ"),
    ("h", "ĥħ"),
    ("i", "ìíîïĩīĭįı"),
    ("j", "ĵ"),
    ("k", "ķ"),
    ("l", "ĺļľŀł"),
    ("n", "ñńņň"),
    ("o", "òóôõöøōŏő"),
    ("oe", "œ"),
    ("r", "ŕŗř"),
    ("s", "śŝşš"),
    ("ss", "ß"),
    ("t", "ţťŧ"),
    ("th", "þ"),
    ("u", "ùúûüũūŭůűų"),
    ("w", "ŵ"),
    ("y", "ýŷÿ"),
    ("z", "źżž"),
];

/// A name in lower-case letters, digits and single underscores; empty if nothing of it can be kept.
pub(super) fn slug(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut gap = false;
    for c in name.chars().flat_map(char::to_lowercase) {
        let mut buffer = [0; 4];
        let plain = if c.is_ascii_alphanumeric() {
            &*c.encode_utf8(&mut buffer)
        } else {
            match PLAIN.iter().find(|(_, all)| all.contains(c)) {
                Some((plain, _)) => plain,
                None => {
                    gap = true;
                    continue;
                }
            }
        };
        if gap && !out.is_empty() {
            out.push('_');
        }
        gap = false;
        out.push_str(plain);
    }
    out
}

/// What is left of a name when the device's name begins it.
pub(super) fn strip_device<'a>(name: &'a str, device: &str) -> Option<&'a str> {
    let start = name.get(..device.len())?;
    let rest = name.get(device.len()..)?;
    let whole = rest.is_empty() || rest.starts_with([' ', '-', '_', ':']);
    (start.to_lowercase() == device.to_lowercase() && whole).then(|| rest.trim())
}

/// Words with capitals: `carbon_dioxide` is `Carbon Dioxide`.
pub(super) fn title(words: &str) -> String {
    let words = words.split(['_', '-', ' ']).filter(|w| !w.is_empty());
    let capital = |w: &str| {
        let mut letters = w.chars();
        letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
    };
    words.map(capital).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn names_become_ids() {
        assert_eq!(slug("Kitchen Ceiling"), "kitchen_ceiling");
        assert_eq!(slug("  Küche – Decke (2) "), "kuche_decke_2");
        assert_eq!(slug("0x00158d0001-temp"), "0x00158d0001_temp");
        assert_eq!(slug("客厅"), "");
    }
}
