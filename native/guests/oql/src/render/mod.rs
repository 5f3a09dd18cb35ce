//! `render`: the document as an HTML fragment, structured as Emacs does.

pub mod attributes;
pub mod blocks;
pub mod entities;
pub mod escape;
pub mod footnotes;
pub mod headings;
pub mod inline;
pub mod links;
pub mod lists;
pub mod options;
pub mod results;
pub mod table;
pub mod targets;
pub mod timestamps;
pub mod url;
pub mod values;

use std::collections::HashMap;

use crate::syntax::document::Document;
use options::{Depth, RenderOptions, Settings};

/// What a render pass knows.
pub(crate) struct Html<'r, 'a> {
    pub doc: &'r Document<'a>,
    pub options: &'r RenderOptions,
    pub settings: Settings,
    /// For each heading whether it is left out.
    pub hidden: Vec<bool>,
    pub targets: targets::Targets<'r>,
    pub notes: footnotes::Notes<'r, 'a>,
    pub results: results::Placement,
    pub entities: HashMap<String, Option<String>>,
    pub macros: HashMap<String, String>,
    /// How much text macros may still make.
    pub macro_budget: usize,
    pub tables: usize,
    pub figures: usize,
    pub listings: usize,
}

/// The document as an HTML fragment.
pub fn render(org: &str, options: &RenderOptions) -> String {
    let doc = Document::read(org);
    let settings = Settings::of(&doc, options);
    let hidden = headings::hidden(&doc, &settings);
    let mut html = Html {
        targets: targets::Targets::of(&doc, &hidden, settings.toc != Depth::Off),
        hidden,
        settings,
        notes: footnotes::Notes::of(&doc),
        results: results::Placement::of(&doc, options),
        entities: HashMap::new(),
        macros: inline::macros(&doc),
        macro_budget: org.len().saturating_mul(2) + (1 << 16),
        tables: 0,
        figures: 0,
        listings: 0,
        doc: &doc,
        options,
    };
    let mut out = String::with_capacity(org.len() + org.len() / 2);
    if options.title {
        let title: Vec<&str> = doc.keyword("TITLE").collect();
        if !title.is_empty() {
            out.push_str("<h1 class=\"title\">");
            html.inline(&title.join(" "), &mut out);
            out.push_str("</h1>\n");
        }
    }
    html.document(&mut out);
    html.footnote_section(&mut out);
    out
}
