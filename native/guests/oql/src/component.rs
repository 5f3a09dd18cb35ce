//! The WIT world's exports: JSON text around the Rust calls.

wit_bindgen::generate!({ world: "kernel", path: "../../../wit/oql" });

struct Kernel;

impl Guest for Kernel {
    fn parse_headlines(org: String) -> String {
        crate::headlines_json(&org)
    }

    fn metadata(org: String) -> String {
        json(&crate::metadata(&org))
    }

    fn tangle_plan(org: String) -> String {
        crate::plan_json(&org)
    }

    fn lint(org: String) -> String {
        json(&crate::lint(&org))
    }

    fn check_upgrade(old: String, new: String) -> String {
        json(&crate::check_upgrade(&old, &new))
    }

    fn render(org: String, options: String) -> Result<String, String> {
        let options = crate::RenderOptions::from_json(&options)?;
        Ok(crate::render(&org, &options))
    }
}

/// Strings, numbers and lists with string keys always serialise; `null` would
/// say that this stopped being true.
fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_string())
}

export!(Kernel);
