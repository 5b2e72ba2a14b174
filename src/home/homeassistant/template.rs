//! Jinja templates of announcements, rendered by minijinja.
//!
//! A template comes from whoever can publish on the broker: minijinja's fuel bounds the time and the
//! memory that one rendering takes.

use crate::home::payload::Payload;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Expression, UndefinedBehavior, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// What one rendering may cost: about 20,000 instructions or 1.3 MB of data.
const FUEL: u64 = 20_000;
/// The longest template that is read, in bytes.
const LONGEST: usize = 16 << 10;
/// Marks the error by which a template says that this message is not for it.
const NOT_FOR_IT: &str = "the value is not in this message";

/// What a template made of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rendered {
    /// A text.
    Text(String),
    /// Nothing: the message is not meant for this template.
    Nothing,
}

/// A template that can be rendered any number of times.
#[derive(Debug, Clone)]
pub(super) struct Template {
    source: Arc<str>,
    /// The expression, if the template is one expression and nothing else, as nearly all are.
    expression: Option<Arc<Expression<'static, 'static>>>,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What cannot be read in it.
    pub(super) fn new(source: &str) -> Result<Self, String> {
        let refuse = |why: String| format!("the template `{}` cannot be read: {why}", shown(source));
        if source.len() > LONGEST {
            return Err(refuse(format!("it has {} bytes, the most is {LONGEST}", source.len())));
        }
        let environment: &'static Environment<'static> = &ENVIRONMENT;
        environment.template_from_str(source).map_err(|e| refuse(e.to_string()))?;
        let expression = single_expression(source)
            .and_then(|inner| environment.compile_expression_owned(inner.to_owned()).ok())
            .map(Arc::new);
        let template = Self { source: source.into(), expression };
        // Unknown filters and functions show only when it is rendered.
        match template.evaluate(Value::from(BTreeMap::from([("value", Value::from("0"))]))) {
            Err(e)
                if matches!(
                    e.kind(),
                    ErrorKind::UnknownFilter
                        | ErrorKind::UnknownFunction
                        | ErrorKind::UnknownTest
                        | ErrorKind::OutOfFuel
                ) =>
            {
                Err(refuse(e.to_string()))
            }
            _ => Ok(template),
        }
    }

    /// Renders a message: `value` is its text, `value_json` its JSON.
    ///
    /// # Errors
    /// Why it cannot be rendered.
    pub(super) fn render(&self, message: &Payload<'_>) -> Result<Rendered, String> {
        let variables = BTreeMap::from([
            ("value", Value::from(message.text())),
            ("value_json", message.variable().clone()),
        ]);
        match self.evaluate(Value::from(variables)) {
            Ok(text) => Ok(Rendered::Text(text)),
            Err(e) if e.detail() == Some(NOT_FOR_IT) => Ok(Rendered::Nothing),
            Err(e) => Err(format!("the template `{}` fails: {e}", shown(&self.source))),
        }
    }

    /// Renders a command from its variables.
    ///
    /// # Errors
    /// Why it cannot be rendered.
    pub(super) fn command(&self, variables: BTreeMap<&str, Value>) -> Result<String, String> {
        self.evaluate(Value::from(variables))
            .map_err(|e| format!("the template `{}` fails: {e}", shown(&self.source)))
    }

    fn evaluate(&self, variables: Value) -> Result<String, Error> {
        match &self.expression {
            Some(expression) => {
                let value = expression.eval(variables)?;
                if value.kind() == ValueKind::Invalid {
                    return Err(Error::new(ErrorKind::InvalidOperation, value.to_string()));
                }
                Ok(as_python(&value))
            }
            None => ENVIRONMENT.render_str(&self.source, variables),
        }
        .map(|text| text.trim().to_owned())
    }
}

/// The inside of `{{ … }}`, if that is the whole template.
fn single_expression(source: &str) -> Option<&str> {
    let inner = source.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    let inner = inner.strip_suffix(['-', '+']).unwrap_or(inner);
    let plain = !["{{", "}}", "{%", "%}", "{#", "#}"].iter().any(|mark| inner.contains(mark));
    plain.then_some(inner)
}

fn shown(source: &str) -> String {
    crate::home::registry::shorten(source, 80)
}

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(environment);

fn environment() -> Environment<'static> {
    let mut e = Environment::new();
    e.set_fuel(Some(FUEL));
    e.set_undefined_behavior(UndefinedBehavior::Chainable);
    e.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    e.set_formatter(|out, _, value| Ok(out.write_str(&as_python(value))?));
    e.add_filter("int", to_int);
    e.add_function("int", to_int);
    e.add_filter("float", to_float);
    e.add_function("float", to_float);
    e.add_filter("bool", to_bool);
    e.add_function("bool", to_bool);
    e.add_filter("round", round);
    e.add_filter("is_defined", is_defined);
    e.add_filter("to_json", |value: Value| json(&value).to_string());
    e.add_filter("from_json", |text: &str| match serde_json::from_str(text) {
        Ok(value) => Ok(crate::home::payload::variable(&value)),
        Err(_) => Err(Error::new(ErrorKind::InvalidOperation, "it is no JSON")),
    });
    e.add_filter("iif", iif);
    e.add_function("iif", iif);
    e.set_unknown_method_callback(method);
    e
}

/// Text as Python writes it: `True`, `None`.
fn as_python(value: &Value) -> String {
    match value.kind() {
        ValueKind::Undefined => String::new(),
        ValueKind::None => "None".into(),
        ValueKind::Bool => if value.is_true() { "True" } else { "False" }.into(),
        _ => value.to_string(),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value.kind() {
        ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        ValueKind::Number => f64::try_from(value.clone()).ok(),
        _ => value.as_str()?.trim().parse().ok(),
    }
    .filter(|n: &f64| n.is_finite())
}

fn not_a_number(value: &Value) -> Error {
    let text = crate::home::registry::shorten(&value.to_string(), 40);
    Error::new(ErrorKind::InvalidOperation, format!("`{text}` is no number"))
}

/// The default of a filter, given by place or by name.
fn fallback(given: Option<Value>, named: &Kwargs) -> Result<Option<Value>, Error> {
    Ok(given.or(named.get::<Option<Value>>("default")?))
}

fn to_int(value: Value, default: Option<Value>, named: Kwargs) -> Result<Value, Error> {
    let default = fallback(default, &named)?;
    if let Some(base) = named.get::<Option<u32>>("base")?.filter(|b| (2..=36).contains(b)) {
        let text = value.to_string();
        let digits = text.trim().trim_start_matches("0x");
        return i64::from_str_radix(digits, base)
            .map(Value::from)
            .or_else(|_| default.ok_or_else(|| not_a_number(&value)));
    }
    match number(&value) {
        // A float outside an integer's range is kept to its limits.
        Some(n) => Ok(Value::from(n.trunc() as i64)),
        None => default.ok_or_else(|| not_a_number(&value)),
    }
}

fn to_float(value: Value, default: Option<Value>, named: Kwargs) -> Result<Value, Error> {
    let default = fallback(default, &named)?;
    match number(&value) {
        Some(n) => Ok(Value::from(n)),
        None => default.ok_or_else(|| not_a_number(&value)),
    }
}

fn to_bool(value: Value, default: Option<Value>, named: Kwargs) -> Result<Value, Error> {
    let default = fallback(default, &named)?;
    let read = match value.to_string().to_lowercase().as_str() {
        "true" | "yes" | "on" | "enable" | "1" => Some(true),
        "false" | "no" | "off" | "disable" | "0" => Some(false),
        _ => None,
    };
    read.map(Value::from).or(default).ok_or_else(|| not_a_number(&value))
}

/// Home Assistant's `round`: a whole number when no decimals are asked for.
fn round(
    value: Value,
    decimals: Option<i32>,
    way: Option<String>,
    default: Option<Value>,
    named: Kwargs,
) -> Result<Value, Error> {
    let decimals = decimals.or(named.get::<Option<i32>>("precision")?).unwrap_or(0).clamp(-12, 12);
    let way = way.or(named.get::<Option<String>>("method")?);
    let default = fallback(default, &named)?;
    let Some(n) = number(&value) else { return default.ok_or_else(|| not_a_number(&value)) };
    let scale = 10f64.powi(decimals);
    let scaled = n * scale;
    let whole = match way.as_deref() {
        Some("ceil") => scaled.ceil(),
        Some("floor") => scaled.floor(),
        _ => scaled.round_ties_even(),
    };
    Ok(if decimals == 0 { Value::from(whole as i64) } else { Value::from(whole / scale) })
}

fn is_defined(value: Value) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, NOT_FOR_IT));
    }
    Ok(value)
}

fn iif(condition: Value, yes: Option<Value>, no: Option<Value>) -> Value {
    if condition.is_true() {
        yes.unwrap_or_else(|| Value::from(true))
    } else {
        no.unwrap_or_else(|| Value::from(false))
    }
}

/// The methods of Python's texts and dictionaries that announcements use.
fn method(_: &mut minijinja::State, value: &Value, name: &str, arguments: &[Value]) -> Result<Value, Error> {
    let unknown = || Error::new(ErrorKind::UnknownMethod, format!("`{name}` is not known"));
    let argument = |at: usize| arguments.get(at).and_then(Value::as_str);
    if name == "get" && value.kind() == ValueKind::Map {
        let found = arguments.first().map(|key| value.get_item(key)).transpose()?.unwrap_or_default();
        let default = || arguments.get(1).cloned().unwrap_or_else(|| Value::from(()));
        return Ok(if found.is_undefined() { default() } else { found });
    }
    let text = value.as_str().ok_or_else(unknown)?;
    Ok(match name {
        "lower" => Value::from(text.to_lowercase()),
        "upper" => Value::from(text.to_uppercase()),
        "title" => Value::from(text.to_lowercase()),
        "strip" => Value::from(text.trim()),
        "startswith" => Value::from(text.starts_with(argument(0).ok_or_else(unknown)?)),
        "endswith" => Value::from(text.ends_with(argument(0).ok_or_else(unknown)?)),
        "split" => match argument(0) {
            Some("") => return Err(unknown()),
            Some(mark) => text.split(mark).map(Value::from).collect(),
            None => text.split_whitespace().map(Value::from).collect(),
        },
        _ => return Err(unknown()),
    })
}

/// A template's value as JSON.
fn json(value: &Value) -> serde_json::Value {
    match value.kind() {
        ValueKind::Bool => value.is_true().into(),
        ValueKind::Number => match i64::try_from(value.clone()) {
            Ok(whole) => whole.into(),
            Err(_) => number(value).into(),
        },
        ValueKind::String => value.to_string().into(),
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter().map(|all| all.map(|v| json(&v)).collect()).unwrap_or_default()
        }
        ValueKind::Map => {
            let keys = value.try_iter().into_iter().flatten();
            keys.map(|k| (k.to_string(), json(&value.get_item(&k).unwrap_or_default()))).collect()
        }
        _ => serde_json::Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(template: &str, payload: &str) -> Result<Rendered, String> {
        Template::new(template)?.render(&Payload::of(payload, 0))
    }

    fn text(template: &str, payload: &str) -> String {
        match render(template, payload) {
            Ok(Rendered::Text(text)) => text,
            other => panic!("{template}: {other:?}"),
        }
    }

    #[test]
    fn paths_indices_and_filters_are_read() {
        let json = r#"{"state":"ON","a":{"b":[1,2.5,"x"]},"occupancy":true,"t":21.46,"n":null}"#;
        assert_eq!(text("{{ value_json.state }}", json), "ON");
        assert_eq!(text("{{ value_json['a']['b'][1] }}", json), "2.5");
        assert_eq!(text("{{ value_json.occupancy }}", json), "True");
        assert_eq!(text("{{ value_json.n }}", json), "None");
        assert_eq!(text("{{ value_json.t | round(1) }}", json), "21.5");
        assert_eq!(text("{{ value_json.t | round }}", json), "21");
        assert_eq!(text("{{ value_json.t | int }}", json), "21");
        assert_eq!(text("{{ value_json.state | lower }}", json), "on");
        assert_eq!(text("{{ value_json.missing | default('off') }}", json), "off");
        assert_eq!(text("{{ value_json.missing.deeper }}", json), "");
        assert_eq!(text("{{ value | float / 2 }}", "21"), "10.5");
        assert_eq!(text("{{ value | int(7) }}", "soon"), "7");
        assert_eq!(text("{% if value == '1' %}ON{% else %}OFF{% endif %}", "1"), "ON");
        assert_eq!(text("{{ 'ON' if value_json.occupancy else 'OFF' }}", json), "ON");
        assert_eq!(text("{{ value.split(',')[1] }}", "1,2"), "2");
        assert_eq!(text("{{ value_json.a.b[0:2] | join(',') }}", json), "1,2.5");
    }

    #[test]
    fn is_defined_lets_a_message_pass_by() {
        assert_eq!(render("{{ value_json.action | is_defined }}", "{}"), Ok(Rendered::Nothing));
        assert_eq!(text("{{ value_json.action | is_defined }}", r#"{"action":"single"}"#), "single");
    }

    #[test]
    fn what_is_not_known_is_said() {
        for template in ["{{ value", "{{ states('a.b') }}", "{{ value | nosuch }}", "{% bogus %}"] {
            let message = Template::new(template).unwrap_err();
            assert!(message.contains(template), "{message}");
        }
    }

    #[test]
    fn hostile_templates_end() {
        let doubling = format!("{{% set a = value %}}{}{{{{ a }}}}", "{% set a = a ~ a %}".repeat(40));
        let nested = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
        for template in [
            "{% for i in range(10000) %}{% for j in range(10000) %}x{% endfor %}{% endfor %}",
            "{{ 'x' * 1000000000 }}",
            "{{ value | replace('a', 'aaaaaaaaaa') | replace('a', value * 100000) }}",
            "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
            doubling.as_str(),
            &format!("{{{{ {nested} }}}}"),
        ] {
            let started = std::time::Instant::now();
            let _ = render(template, "aaaa");
            assert!(started.elapsed().as_millis() < 500, "{}", shown(template));
        }
    }
}
