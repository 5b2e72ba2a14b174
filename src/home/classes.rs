//! Classes of things whose dialect does not tell one: read from the name.

/// Words in names of covers, with the class that they mean; the first that fits counts, so that a blind in
/// the garage is a blind.
const COVERS: &[(&str, &str)] = &[
    ("blind", "blind"),
    ("blinds", "blind"),
    ("curtain", "curtain"),
    ("curtains", "curtain"),
    ("shutter", "shutter"),
    ("shutters", "shutter"),
    ("awning", "awning"),
    ("shade", "shade"),
    ("shades", "shade"),
    ("garage", "garage"),
    ("gate", "gate"),
    ("door", "door"),
    ("window", "window"),
];

/// The class of a cover of this name.
pub(super) fn of_cover(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    COVERS.iter().find(|(word, _)| words.contains(word)).map(|(_, class)| (*class).to_owned())
}

#[cfg(test)]
mod tests {
    use super::of_cover;

    #[test]
    fn a_name_tells_the_class() {
        assert_eq!(of_cover("Garage Door").as_deref(), Some("garage"));
        assert_eq!(of_cover("garage blind").as_deref(), Some("blind"));
        assert_eq!(of_cover("Awning").as_deref(), Some("awning"));
        assert_eq!(of_cover("Doorway"), None);
    }
}
