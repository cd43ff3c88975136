//! Files made for one phone: `templates/*`, with `{{ mac }}`, `{{ server }}`, `{{ load }}` and friends.
//!
//! Strict: a name that has no value is an error, so that a phone is never handed a half-filled file.
//! Values in `.xml` templates are escaped.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

/// A template, checked when it was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its file name, which also chooses the escaping.
    pub name: String,
    text: String,
}

impl Template {
    /// Reads a template. The error says where it is wrong.
    pub fn new(name: &str, text: &str) -> Result<Template, String> {
        let mut env = environment();
        env.add_template(name, text).map_err(|e| describe(&e))?;
        Ok(Template { name: name.to_owned(), text: text.to_owned() })
    }

    /// The file with every name filled in. The error names what was missing.
    pub fn render(&self, values: &BTreeMap<&str, String>) -> Result<String, String> {
        let mut env = environment();
        env.add_template(&self.name, &self.text).map_err(|e| describe(&e))?;
        let template = env.get_template(&self.name).map_err(|e| describe(&e))?;
        template.render(Serde(values)).map_err(|e| describe(&e))
    }
}

/// Fills `{{ name }}` in a short text of a profile (an option's value, a step's words), strictly, without escaping.
pub fn fill(text: &str, values: &BTreeMap<&str, String>) -> Result<String, String> {
    if let Some(filled) = fill_names(text, values) {
        return Ok(filled);
    }
    environment().render_str(text, Serde(values)).map_err(|e| describe(&e))
}

/// The text with its names filled in, when it holds nothing but plain `{{ name }}` and every name has a value. This
/// runs for every option of every DHCP message; what it does not understand goes to the template engine.
fn fill_names(text: &str, values: &BTreeMap<&str, String>) -> Option<String> {
    if text.contains("{%") || text.contains("{#") {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        let (name, after) = behind.split_once("}}")?;
        out.push_str(before);
        out.push_str(values.get(name.trim())?);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

fn environment<'s>() -> Environment<'s> {
    let mut env = Environment::new();
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        env.set_syntax(syntax);
    }
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|name| if name.ends_with(".xml") { AutoEscape::Html } else { AutoEscape::None });
    env
}

fn describe(error: &minijinja::Error) -> String {
    match error.line() {
        Some(line) => format!("line {line}: {error}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_in_xml_and_required_everywhere() {
        let values = BTreeMap::from([("load", "A<B&C".to_owned())]);
        let xml = Template::new("a.cnf.xml", "<x>{{ load }}</x>\n").unwrap();
        assert_eq!(xml.render(&values).unwrap(), "<x>A&lt;B&amp;C</x>\n");
        let text = Template::new("a.cnf", "x: {{ load }}{{ nobody }}").unwrap();
        assert!(text.render(&values).unwrap_err().contains("nobody"));
        assert!(Template::new("a", "{{ load").is_err());
        assert_eq!(fill("at {{ load }}", &values).unwrap(), "at A<B&C");
    }

    #[test]
    fn short_texts_are_filled_as_the_engine_fills_them() {
        let values = BTreeMap::from([("load", "A<B&C".to_owned()), ("server", "{{ load }}".to_owned())]);
        for text in [
            "",
            "plain } text {",
            "{{load}}{{ server }}\n",
            "{{  load  }} and {{ server }}",
            "{{ nobody }}",
            "{{ load | lower }}",
            "{{ load",
            "{{ }}",
            "{{- load -}} x",
            "{{ 'load' }}",
            "{{ {} }}",
            "{# no #}{{ load }}",
            "{% if load %}{{ load }}{% endif %}",
            "a }} b",
        ] {
            let engine = environment().render_str(text, Serde(&values)).map_err(|e| describe(&e));
            assert_eq!(fill(text, &values), engine, "{text:?}");
        }
    }
}
