//! The API's description (OpenAPI 3.1), made from the table of operations and the types' own schemas.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::{Answer, Body, OPERATIONS, Operation, Refused, shape};
use crate::web::VERSION;

/// The description as text.
pub(in crate::web) fn openapi_json() -> String {
    let mut settings = SchemaSettings::draft2020_12().for_serialize();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let refused = shape::<Refused>(&mut generator);
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let described = describe(operation, &mut generator, &json!(refused));
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            methods.insert(operation.method.to_owned(), described);
        }
    }
    let description = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Ringback",
            "version": VERSION,
            "description": "The bench for scripts: what a screen shows, what a technician can say, and everything that happens. \
                Served on 127.0.0.1 without a token; elsewhere with one, as `Authorization: Bearer TOKEN`. Times are microseconds \
                since the bench was switched on, unless a name says otherwise. Texts that came from phones are escaped; they are text, never HTML.",
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
        "security": [{}, { "token": [] }],
    });
    format!("{}\n", serde_json::to_string_pretty(&description).unwrap_or_default())
}

fn describe(operation: &Operation, generator: &mut schemars::SchemaGenerator, refused: &Value) -> Value {
    let in_path = operation.path.split('/').filter_map(|p| p.strip_prefix('{')?.strip_suffix('}')).map(|name| {
        let what = if name == "mac" {
            "The phone's Ethernet address, in any spelling."
        } else {
            "The file's name, without folders."
        };
        json!({ "name": name, "in": "path", "required": true, "description": what, "schema": { "type": "string" } })
    });
    let in_query = operation.query.iter().map(|(name, what, number)| {
        let kind = if *number { json!({ "type": "integer", "minimum": 0 }) } else { json!({ "type": "string" }) };
        json!({ "name": name, "in": "query", "description": what, "schema": kind })
    });
    let parameters: Vec<Value> = in_path.chain(in_query).collect();
    let mut responses = Map::new();
    let (status, answer) = match &operation.answer {
        Answer::Json(shape) => {
            ("200", json!({ "description": "It.", "content": { "application/json": { "schema": shape(generator) } } }))
        }
        Answer::Accepted => {
            ("202", json!({ "description": "It was said to the bench. What comes of it is an observation." }))
        }
        Answer::Events => (
            "200",
            json!({ "description": "A stream without end.", "content": { "text/event-stream": { "schema": { "type": "string" } } } }),
        ),
        Answer::Any => ("200", json!({ "description": "It.", "content": { "application/json": { "schema": {} } } })),
    };
    responses.insert(status.to_owned(), answer);
    for status in operation.refusals {
        let no = json!({ "description": "No, and why.", "content": { "application/json": { "schema": refused } } });
        responses.insert(status.to_string(), no);
    }
    let mut described = json!({ "operationId": operation.id, "summary": operation.summary, "responses": responses });
    if !parameters.is_empty() {
        described["parameters"] = json!(parameters);
    }
    match &operation.body {
        Some(Body::Json(shape)) => {
            let schema = shape(generator);
            described["requestBody"] = json!({ "content": { "application/json": { "schema": schema } } });
        }
        Some(Body::Bytes) => {
            described["requestBody"] = json!({ "required": true, "content": { "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } } });
        }
        None => {}
    }
    described
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// With RINGBACK_GOLDEN set, the file is written anew.
    #[test]
    fn the_description_is_the_one_that_was_kept() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/openapi.json");
        let now = super::openapi_json();
        if std::env::var_os("RINGBACK_GOLDEN").is_some() {
            std::fs::write(&path, &now).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(now == kept, "the API has changed: look at it, then run this test with RINGBACK_GOLDEN=1");
    }
}
