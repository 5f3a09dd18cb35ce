//! `render`: the document as an HTML fragment, structured as Emacs does.
//!
//! [`render`] replaces [`macros`] in the text and reads it; [`settings`] and
//! [`outline`] say what is shown; [`targets`], [`captions`], [`footnotes`],
//! [`exports`] and [`abbreviations`] look through the document for what links,
//! numbers and blocks need to know of each other. Then one pass writes:
//! [`headings`] → [`blocks`] (elements: [`paragraphs`], [`lists`], [`mod@table`],
//! [`listings`], …) → [`inline`] (objects: [`links`], [`timestamps`], …) →
//! [`escape`], the only way for a text to the page.
//!
//! Each file adds to [`Html`] what writes its own kind of thing.

pub mod abbreviations;
pub mod align;
pub mod attributes;
pub mod blocks;
pub mod captions;
pub mod choices;
pub mod code;
pub mod columns;
pub mod dates;
pub mod drawn;
pub mod escape;
pub mod exports;
pub mod footnotes;
pub mod grid;
pub mod heading_ids;
pub mod headings;
pub mod images;
pub mod indentation;
pub mod inline;
pub mod internal;
pub mod keywords;
pub mod latex;
pub mod links;
pub mod listings;
pub mod lists;
pub mod macro_text;
pub mod macros;
pub mod names;
pub mod options;
pub mod ordinals;
pub mod outline;
pub mod paragraphs;
pub mod pictures;
pub mod quotes;
pub mod results;
pub mod settings;
pub mod table;
pub mod targets;
pub mod tasks;
pub mod texts;
pub mod timestamps;
pub mod toc;
pub mod translations;
pub mod url;
pub mod values;

use crate::hash::HashMap;
use crate::header_args::Scopes;
use crate::ids::Ids;
use crate::noweb::Noweb;
use crate::syntax::document::Document;
use options::RenderOptions;
use outline::Outline;
use settings::Settings;

/// What a render pass knows.
pub(crate) struct Html<'r, 'a> {
    pub doc: &'r Document<'a>,
    pub options: &'r RenderOptions,
    pub settings: &'r Settings,
    pub outline: Outline,
    pub targets: targets::Targets<'r>,
    pub notes: footnotes::Notes<'r, 'a>,
    pub results: &'r results::Placement,
    pub exports: exports::Exports,
    pub references: captions::References,
    pub abbreviations: abbreviations::Abbreviations<'a>,
    pub scopes: &'r Scopes<'a>,
    pub noweb: Option<Noweb<'r, 'a>>,
    /// What links to lines of code say, once there is one.
    pub code_labels: Option<HashMap<String, String>>,
    /// What links to targets say, once there is one.
    pub ordinals: Option<HashMap<String, String>>,
    /// What the paragraph's next link gets.
    pub link_attributes: Option<attributes::Attributes>,
    /// The last number of an id that nobody asked for.
    pub fresh: usize,
    /// How much of titles and long ids links may still repeat.
    pub repeats_left: usize,
    /// What tables of contents may still cost.
    pub contents_left: usize,
    /// The paragraph being written is right in a footnote's definition.
    pub in_note: bool,
    /// The text being written holds timestamps alone.
    pub lone_stamps: bool,
}

/// The document as an HTML fragment.
pub fn render(org: &str, options: &RenderOptions) -> String {
    let doc = Document::read(org);
    let mut placement = results::Placement::of(&doc, options);
    let Some(expanded) = macros::expand(&doc) else {
        return page(&doc, &placement, options);
    };
    // What the outside knows headings and blocks by is what the author wrote.
    placement.moved(|start| expanded.place(start));
    let written = doc.headings.iter().zip(doc.ids().iter());
    let written: HashMap<usize, &str> =
        written.filter_map(|(heading, id)| Some((expanded.place(heading.start)?, id))).collect();
    let doc = Document::read(&expanded.text);
    let own = doc.headings.iter().zip(doc.ids().iter());
    let ids = Ids::given(own.map(|(heading, id)| written.get(&heading.start).copied().unwrap_or(id)));
    page(&doc.with_ids(ids), &placement, options)
}

fn page(doc: &Document, placement: &results::Placement, options: &RenderOptions) -> String {
    let settings = Settings::of(doc, options);
    let scopes = Scopes::read(doc);
    let outline = Outline::of(doc, &settings);
    let abbreviations = abbreviations::Abbreviations::of(doc);
    let references = captions::References::of(doc, &abbreviations, &outline.hidden);
    let mut html = Html {
        targets: targets::Targets::of(doc, &settings, &outline),
        notes: footnotes::Notes::of(doc, &settings, &outline),
        outline,
        results: placement,
        exports: exports::Exports::of(doc, &scopes, placement),
        references,
        abbreviations,
        scopes: &scopes,
        noweb: None,
        code_labels: None,
        ordinals: None,
        link_attributes: None,
        fresh: 0,
        repeats_left: 4 * doc.text.len() + (1 << 16),
        contents_left: 6 * (doc.text.len() + doc.headings.len() * toc::ENTRY) + (1 << 16),
        in_note: false,
        lone_stamps: false,
        settings: &settings,
        doc,
        options,
    };
    let mut out = String::with_capacity(doc.text.len() + doc.text.len() / 2 + doc.headings.len() * 128);
    if options.title {
        html.page_title(&mut out);
    }
    html.document(&mut out);
    html.footnote_section(&mut out);
    out
}
