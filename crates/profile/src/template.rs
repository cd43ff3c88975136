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
    if !text.contains("{{") && !text.contains("{%") {
        return Ok(text.to_owned());
    }
    environment().render_str(text, Serde(values)).map_err(|e| describe(&e))
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
}
