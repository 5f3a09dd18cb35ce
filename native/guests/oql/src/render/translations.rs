//! What the page itself says, in the document's language.

use super::Html;

/// A phrase of the page's own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Phrase {
    /// The heading of a table of contents.
    Contents,
    /// The heading of the footnotes.
    Footnotes,
    /// The heading of a list of tables.
    Tables,
    /// The heading of a list of listings.
    Listings,
    /// What numbers a table: `%d` is the number.
    Table,
    /// What numbers a listing.
    Listing,
    /// What numbers a figure.
    Figure,
}

/// In the order of [`Phrase`]; an empty one is said in English.
type Phrases = [&'static str; 7];

const ENGLISH: Phrases =
    ["Table of Contents", "Footnotes", "List of Tables", "List of Listings", "Table %d:", "Listing %d:", "Figure %d:"];

const LANGUAGES: [(&str, Phrases); 19] = [
    (
        "cs",
        [
            "Obsah",
            "Poznámky pod čarou",
            "Seznam tabulek",
            "Seznam programů",
            "Tabulka %d:",
            "Program %d:",
            "Obrázek %d:",
        ],
    ),
    ("da", ["Indhold", "Fodnoter", "Tabeller", "Programmer", "Tabel %d", "Program %d", "Figur %d"]),
    (
        "de",
        [
            "Inhaltsverzeichnis",
            "Fußnoten",
            "Tabellenverzeichnis",
            "Programmauflistungsverzeichnis",
            "Tabelle %d",
            "Programmlisting %d",
            "Abbildung %d:",
        ],
    ),
    (
        "es",
        [
            "Índice",
            "Notas al pie de página",
            "Índice de tablas",
            "Índice de Listados de programas",
            "Tabla %d",
            "Listado de programa %d",
            "Figura %d:",
        ],
    ),
    ("fi", ["Sisällysluettelo", "Alaviitteet", "", "", "", "", ""]),
    (
        "fr",
        [
            "Table des matières",
            "Notes de bas de page",
            "Liste des tableaux",
            "Liste des programmes",
            "Tableau %d :",
            "Programme\u{a0}%d\u{a0}:",
            "Figure\u{a0}%d\u{a0}:",
        ],
    ),
    ("it", ["Indice", "Note a piè di pagina", "Indice delle tabelle", "", "Tabella %d:", "Listato %d :", "Figura %d:"]),
    ("ja", ["目次", "脚注", "表目次", "ソースコード目次", "表%d:", "ソースコード%d:", "図%d: "]),
    ("nb", ["Innhold", "Fotnoter", "Tabeller", "Dataprogrammer", "Tabell %d", "Dataprogram %d", "Illustrasjon %d"]),
    (
        "nl",
        [
            "Inhoudsopgave",
            "Voetnoten",
            "Lijst van tabellen",
            "Lijst van programma's",
            "Tabel\u{a0}%d:",
            "Programma\u{a0}%d:",
            "Figuur\u{a0}%d:",
        ],
    ),
    ("nn", ["Innhald", "Fotnotar", "Tabeller", "", "Tabell %d", "", "Illustrasjon %d"]),
    ("no", ["Innhold", "Fotnoter", "Tabeller", "Dataprogrammer", "Tabell %d", "Dataprogram %d", "Illustrasjon %d"]),
    ("pl", ["Spis treści", "Przypis", "", "", "", "", ""]),
    (
        "pt_BR",
        [
            "Índice",
            "Notas de Rodapé",
            "Índice de Tabelas",
            "Índice de Listagens",
            "Tabela %d:",
            "Listagem %d:",
            "Figura %d:",
        ],
    ),
    (
        "ru",
        ["Содержание", "Сноски", "Список таблиц", "Список распечаток", "Таблица %d.:", "Распечатка %d.:", "Рис. %d.:"],
    ),
    ("sv", ["Innehåll", "Fotnoter", "Tabeller", "", "Tabell %d", "", "Illustration %d"]),
    ("tr", ["İçindekiler", "Dipnotlar", "Tablo Listesi", "Program Listesi", "Tablo %d", "Program %d:", "Şekil %d:"]),
    ("uk", ["Зміст", "Примітки", "", "", "", "", ""]),
    ("zh-CN", ["目录", "脚注", "表格目录", "代码目录", "表%d\u{a0}", "代码%d\u{a0}", "图%d\u{a0}"]),
];

impl Html<'_, '_> {
    /// A phrase in the document's language.
    pub fn phrase(&self, phrase: Phrase) -> &'static str {
        let of = |phrases: &Phrases| phrases.get(phrase as usize).copied().unwrap_or("");
        let own = LANGUAGES.iter().find(|(language, _)| *language == self.settings.language);
        own.map(|(_, phrases)| of(phrases)).filter(|p| !p.is_empty()).unwrap_or_else(|| of(&ENGLISH))
    }

    /// What stands before and behind the number in a phrase that numbers something.
    pub fn numbered(&self, phrase: Phrase) -> (&'static str, &'static str) {
        let phrase = self.phrase(phrase);
        phrase.split_once("%d").unwrap_or((phrase, ""))
    }
}
