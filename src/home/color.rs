//! Colours: names, and the ways in which lights take them.

/// A colour in sRGB, each part 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(
    /// Red.
    pub u8,
    /// Green.
    pub u8,
    /// Blue.
    pub u8,
);

/// Colours by the names that people say: those of CSS, and a few more. In lower case without spaces, sorted.
const NAMES: &[(&str, Rgb)] = &[
    ("aliceblue", Rgb(240, 248, 255)),
    ("amber", Rgb(255, 191, 0)),
    ("antiquewhite", Rgb(250, 235, 215)),
    ("aqua", Rgb(0, 255, 255)),
    ("aquamarine", Rgb(127, 255, 212)),
    ("azure", Rgb(240, 255, 255)),
    ("beige", Rgb(245, 245, 220)),
    ("bisque", Rgb(255, 228, 196)),
    ("black", Rgb(0, 0, 0)),
    ("blanchedalmond", Rgb(255, 235, 205)),
    ("blue", Rgb(0, 0, 255)),
    ("blueviolet", Rgb(138, 43, 226)),
    ("brown", Rgb(165, 42, 42)),
    ("burlywood", Rgb(222, 184, 135)),
    ("cadetblue", Rgb(95, 158, 160)),
    ("chartreuse", Rgb(127, 255, 0)),
    ("chocolate", Rgb(210, 105, 30)),
    ("coral", Rgb(255, 127, 80)),
    ("cornflowerblue", Rgb(100, 149, 237)),
    ("cornsilk", Rgb(255, 248, 220)),
    ("crimson", Rgb(220, 20, 60)),
    ("cyan", Rgb(0, 255, 255)),
    ("darkblue", Rgb(0, 0, 139)),
    ("darkcyan", Rgb(0, 139, 139)),
    ("darkgoldenrod", Rgb(184, 134, 11)),
    ("darkgray", Rgb(169, 169, 169)),
    ("darkgreen", Rgb(0, 100, 0)),
    ("darkgrey", Rgb(169, 169, 169)),
    ("darkkhaki", Rgb(189, 183, 107)),
    ("darkmagenta", Rgb(139, 0, 139)),
    ("darkolivegreen", Rgb(85, 107, 47)),
    ("darkorange", Rgb(255, 140, 0)),
    ("darkorchid", Rgb(153, 50, 204)),
    ("darkred", Rgb(139, 0, 0)),
    ("darksalmon", Rgb(233, 150, 122)),
    ("darkseagreen", Rgb(143, 188, 143)),
    ("darkslateblue", Rgb(72, 61, 139)),
    ("darkslategray", Rgb(47, 79, 79)),
    ("darkslategrey", Rgb(47, 79, 79)),
    ("darkturquoise", Rgb(0, 206, 209)),
    ("darkviolet", Rgb(148, 0, 211)),
    ("deeppink", Rgb(255, 20, 147)),
    ("deepskyblue", Rgb(0, 191, 255)),
    ("dimgray", Rgb(105, 105, 105)),
    ("dimgrey", Rgb(105, 105, 105)),
    ("dodgerblue", Rgb(30, 144, 255)),
    ("firebrick", Rgb(178, 34, 34)),
    ("floralwhite", Rgb(255, 250, 240)),
    ("forestgreen", Rgb(34, 139, 34)),
    ("fuchsia", Rgb(255, 0, 255)),
    ("gainsboro", Rgb(220, 220, 220)),
    ("ghostwhite", Rgb(248, 248, 255)),
    ("gold", Rgb(255, 215, 0)),
    ("goldenrod", Rgb(218, 165, 32)),
    ("gray", Rgb(128, 128, 128)),
    ("green", Rgb(0, 128, 0)),
    ("greenyellow", Rgb(173, 255, 47)),
    ("grey", Rgb(128, 128, 128)),
    ("homeassistant", Rgb(24, 188, 242)),
    ("honeydew", Rgb(240, 255, 240)),
    ("hotpink", Rgb(255, 105, 180)),
    ("indianred", Rgb(205, 92, 92)),
    ("indigo", Rgb(75, 0, 130)),
    ("ivory", Rgb(255, 255, 240)),
    ("khaki", Rgb(240, 230, 140)),
    ("lavender", Rgb(230, 230, 250)),
    ("lavenderblush", Rgb(255, 240, 245)),
    ("lawngreen", Rgb(124, 252, 0)),
    ("lemonchiffon", Rgb(255, 250, 205)),
    ("lightblue", Rgb(173, 216, 230)),
    ("lightcoral", Rgb(240, 128, 128)),
    ("lightcyan", Rgb(224, 255, 255)),
    ("lightgoldenrodyellow", Rgb(250, 250, 210)),
    ("lightgray", Rgb(211, 211, 211)),
    ("lightgreen", Rgb(144, 238, 144)),
    ("lightgrey", Rgb(211, 211, 211)),
    ("lightpink", Rgb(255, 182, 193)),
    ("lightsalmon", Rgb(255, 160, 122)),
    ("lightseagreen", Rgb(32, 178, 170)),
    ("lightskyblue", Rgb(135, 206, 250)),
    ("lightslategray", Rgb(119, 136, 153)),
    ("lightslategrey", Rgb(119, 136, 153)),
    ("lightsteelblue", Rgb(176, 196, 222)),
    ("lightyellow", Rgb(255, 255, 224)),
    ("lilac", Rgb(200, 162, 200)),
    ("lime", Rgb(0, 255, 0)),
    ("limegreen", Rgb(50, 205, 50)),
    ("linen", Rgb(250, 240, 230)),
    ("magenta", Rgb(255, 0, 255)),
    ("maroon", Rgb(128, 0, 0)),
    ("mediumaquamarine", Rgb(102, 205, 170)),
    ("mediumblue", Rgb(0, 0, 205)),
    ("mediumorchid", Rgb(186, 85, 211)),
    ("mediumpurple", Rgb(147, 112, 219)),
    ("mediumseagreen", Rgb(60, 179, 113)),
    ("mediumslateblue", Rgb(123, 104, 238)),
    ("mediumspringgreen", Rgb(0, 250, 154)),
    ("mediumturquoise", Rgb(72, 209, 204)),
    ("mediumvioletred", Rgb(199, 21, 133)),
    ("midnightblue", Rgb(25, 25, 112)),
    ("mint", Rgb(62, 180, 137)),
    ("mintcream", Rgb(245, 255, 250)),
    ("mistyrose", Rgb(255, 228, 225)),
    ("moccasin", Rgb(255, 228, 181)),
    ("navajowhite", Rgb(255, 222, 173)),
    ("navy", Rgb(0, 0, 128)),
    ("navyblue", Rgb(0, 0, 128)),
    ("oldlace", Rgb(253, 245, 230)),
    ("olive", Rgb(128, 128, 0)),
    ("olivedrab", Rgb(107, 142, 35)),
    ("orange", Rgb(255, 165, 0)),
    ("orangered", Rgb(255, 69, 0)),
    ("orchid", Rgb(218, 112, 214)),
    ("palegoldenrod", Rgb(238, 232, 170)),
    ("palegreen", Rgb(152, 251, 152)),
    ("paleturquoise", Rgb(175, 238, 238)),
    ("palevioletred", Rgb(219, 112, 147)),
    ("papayawhip", Rgb(255, 239, 213)),
    ("peach", Rgb(255, 218, 185)),
    ("peachpuff", Rgb(255, 218, 185)),
    ("peru", Rgb(205, 133, 63)),
    ("pink", Rgb(255, 192, 203)),
    ("plum", Rgb(221, 160, 221)),
    ("powderblue", Rgb(176, 224, 230)),
    ("purple", Rgb(128, 0, 128)),
    ("rebeccapurple", Rgb(102, 51, 153)),
    ("red", Rgb(255, 0, 0)),
    ("rosybrown", Rgb(188, 143, 143)),
    ("royalblue", Rgb(65, 105, 225)),
    ("saddlebrown", Rgb(139, 69, 19)),
    ("salmon", Rgb(250, 128, 114)),
    ("sandybrown", Rgb(244, 164, 96)),
    ("scarlet", Rgb(255, 36, 0)),
    ("seagreen", Rgb(46, 139, 87)),
    ("seashell", Rgb(255, 245, 238)),
    ("sienna", Rgb(160, 82, 45)),
    ("silver", Rgb(192, 192, 192)),
    ("skyblue", Rgb(135, 206, 235)),
    ("slateblue", Rgb(106, 90, 205)),
    ("slategray", Rgb(112, 128, 144)),
    ("slategrey", Rgb(112, 128, 144)),
    ("snow", Rgb(255, 250, 250)),
    ("springgreen", Rgb(0, 255, 127)),
    ("steelblue", Rgb(70, 130, 180)),
    ("tan", Rgb(210, 180, 140)),
    ("teal", Rgb(0, 128, 128)),
    ("thistle", Rgb(216, 191, 216)),
    ("tomato", Rgb(255, 99, 71)),
    ("turquoise", Rgb(64, 224, 208)),
    ("violet", Rgb(238, 130, 238)),
    ("wheat", Rgb(245, 222, 179)),
    ("white", Rgb(255, 255, 255)),
    ("whitesmoke", Rgb(245, 245, 245)),
    ("yellow", Rgb(255, 255, 0)),
    ("yellowgreen", Rgb(154, 205, 50)),
];

/// Whites by name, in Kelvin.
const WHITES: &[(&str, f64)] = &[
    ("candlelight", 2000.0),
    ("coldwhite", 6500.0),
    ("coolwhite", 6500.0),
    ("daylight", 5500.0),
    ("naturalwhite", 4000.0),
    ("neutralwhite", 4000.0),
    ("softwhite", 3000.0),
    ("warmwhite", 2700.0),
];

/// What a colour's name means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Named {
    /// A colour.
    Color(Rgb),
    /// A white of this temperature in Kelvin.
    White(f64),
}

/// The meaning of a colour's name (`red`, `Light Blue`, `warm white`).
pub fn named(name: &str) -> Option<Named> {
    let key: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if let Some((_, kelvin)) = WHITES.iter().find(|(white, _)| *white == key) {
        return Some(Named::White(*kelvin));
    }
    let at = NAMES.binary_search_by(|(color, _)| (*color).cmp(key.as_str())).ok()?;
    NAMES.get(at).map(|(_, rgb)| Named::Color(*rgb))
}

impl Rgb {
    /// Hue 0 to 360, saturation 0 to 100 and value 0 to 100.
    pub fn to_hsv(self) -> (f64, f64, f64) {
        let [r, g, b] = self.parts();
        let most = r.max(g).max(b);
        let span = most - r.min(g).min(b);
        let hue = if span == 0.0 {
            0.0
        } else if most == r {
            60.0 * ((g - b) / span).rem_euclid(6.0)
        } else if most == g {
            60.0 * ((b - r) / span + 2.0)
        } else {
            60.0 * ((r - g) / span + 4.0)
        };
        let saturation = if most == 0.0 { 0.0 } else { span / most * 100.0 };
        (hue, saturation, most * 100.0)
    }

    /// The colour of this hue (0 to 360) and saturation (0 to 100) at full value.
    pub fn from_hs(hue: f64, saturation: f64) -> Self {
        let s = (saturation / 100.0).clamp(0.0, 1.0);
        let sector = hue.rem_euclid(360.0) / 60.0;
        let mid = 1.0 - s * (1.0 - (1.0 - (sector.rem_euclid(2.0) - 1.0).abs()));
        let low = 1.0 - s;
        let [r, g, b] = match sector as u32 {
            0 => [1.0, mid, low],
            1 => [mid, 1.0, low],
            2 => [low, 1.0, mid],
            3 => [low, mid, 1.0],
            4 => [mid, low, 1.0],
            _ => [1.0, low, mid],
        };
        Self::of([r, g, b])
    }

    /// CIE 1931 x and y, of sRGB's primaries (D65). Black has the white point's.
    pub fn to_xy(self) -> (f64, f64) {
        let linear = |c: f64| if c > 0.04045 { ((c + 0.055) / 1.055).powf(2.4) } else { c / 12.92 };
        let [r, g, b] = self.parts().map(linear);
        let x = 0.4124 * r + 0.3576 * g + 0.1805 * b;
        let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
        let z = 0.0193 * r + 0.1192 * g + 0.9505 * b;
        let sum = x + y + z;
        if sum == 0.0 { (0.3127, 0.3290) } else { (x / sum, y / sum) }
    }

    /// The brightest colour of this CIE x and y.
    pub fn from_xy(x: f64, y: f64) -> Self {
        let y = y.max(1e-6);
        let (big_x, big_z) = (x / y, (1.0 - x - y) / y);
        let r = 3.2406 * big_x - 1.5372 - 0.4986 * big_z;
        let g = -0.9689 * big_x + 1.8758 + 0.0415 * big_z;
        let b = 0.0557 * big_x - 0.2040 + 1.0570 * big_z;
        let most = r.max(g).max(b).max(1e-6);
        let gamma = |c: f64| if c > 0.003_130_8 { 1.055 * c.powf(1.0 / 2.4) - 0.055 } else { 12.92 * c };
        Self::of([r, g, b].map(|c| gamma((c / most).max(0.0))))
    }

    /// About the colour of a black body of this temperature (Tanner Helland's approximation).
    pub fn from_kelvin(kelvin: f64) -> Self {
        let t = kelvin.clamp(1000.0, 40_000.0) / 100.0;
        let r = if t <= 66.0 { 255.0 } else { 329.698_727_446 * (t - 60.0).powf(-0.133_204_759_2) };
        let g = if t <= 66.0 {
            99.470_802_586_1 * t.ln() - 161.119_568_166_1
        } else {
            288.122_169_528_3 * (t - 60.0).powf(-0.075_514_849_2)
        };
        let b = if t >= 66.0 {
            255.0
        } else if t <= 19.0 {
            0.0
        } else {
            138.517_731_223_1 * (t - 10.0).ln() - 305.044_792_730_7
        };
        Self::of([r, g, b].map(|c| c / 255.0))
    }

    /// The colour made darker to this share (0 to 1).
    pub fn scaled(self, share: f64) -> Self {
        Self::of(self.parts().map(|c| c * share))
    }

    fn parts(self) -> [f64; 3] {
        [self.0, self.1, self.2].map(|c| f64::from(c) / 255.0)
    }

    fn of(parts: [f64; 3]) -> Self {
        let [r, g, b] = parts.map(|c| (c.clamp(0.0, 1.0) * 255.0).round() as u8);
        Self(r, g, b)
    }
}

/// Mireds of a temperature in Kelvin, and the other way round: it is the same sum.
pub fn mireds(kelvin: f64) -> f64 {
    1e6 / kelvin.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_however_they_are_written() {
        assert!(NAMES.is_sorted_by(|(a, _), (b, _)| a < b));
        assert_eq!(named("Light Blue"), Some(Named::Color(Rgb(173, 216, 230))));
        assert_eq!(named("warm white"), Some(Named::White(2700.0)));
        assert_eq!(named("no colour"), None);
    }

    #[test]
    fn colours_survive_the_ways_of_writing_them() {
        let near =
            |a: Rgb, b: Rgb| [(a.0, b.0), (a.1, b.1), (a.2, b.2)].iter().all(|(x, y)| x.abs_diff(*y) <= 3);
        for rgb in [Rgb(255, 0, 0), Rgb(0, 255, 0), Rgb(0, 0, 255), Rgb(255, 165, 0), Rgb(255, 255, 255)] {
            let (h, s, _) = rgb.to_hsv();
            assert!(near(Rgb::from_hs(h, s), rgb), "{rgb:?} by hue");
            let (x, y) = rgb.to_xy();
            assert!(near(Rgb::from_xy(x, y), rgb), "{rgb:?} by xy: {:?}", Rgb::from_xy(x, y));
        }
        let (x, y) = Rgb(255, 0, 0).to_xy();
        assert!((x - 0.64).abs() < 0.01 && (y - 0.33).abs() < 0.01);
        let warm = Rgb::from_kelvin(2700.0);
        assert!(warm.0 == 255 && warm.2 < 120, "{warm:?}");
    }
}
