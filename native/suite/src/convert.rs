//! One .wast file: read, written as commands and modules, its assertions counted.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use json_from_wast::{Command, Opts};
use wast::lexer::Lexer;
use wast::parser::{ParseBuffer, parse};

/// Writes `name` below `out` and answers how many assertions it makes.
pub fn convert(name: &str, text: &str, out: &Path) -> Result<usize> {
    let located = |mut error: wast::Error| {
        error.set_path(Path::new(name));
        error.set_text(text);
        error
    };

    let mut lexer = Lexer::new(text);
    // That file is about names of characters that read like others; elsewhere they are a mistake.
    lexer.allow_confusing_unicode(name == "names");
    let buffer = ParseBuffer::new_with_lexer(lexer).map_err(located)?;
    let script = parse::<wast::Wast>(&buffer).map_err(located)?;
    let script = Opts::default().module_filename(format!("{name}/m")).convert(name, text, script)?;

    let folder = out.join(name);
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    for (file, bytes) in &script.wasms {
        write(&out.join(file), bytes)?;
    }

    let mut lines = Vec::new();
    for command in &script.commands {
        serde_json::to_writer(&mut lines, command)?;
        lines.push(b'\n');
    }
    write(&out.join(format!("{name}.jsonl")), &lines)?;

    Ok(assertions(&script.commands))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| path.display().to_string())
}

/// Each `assert_…` once, those of threads included.
fn assertions(commands: &[Command<'_>]) -> usize {
    commands.iter().map(count).sum()
}

fn count(command: &Command<'_>) -> usize {
    match command {
        Command::Thread { commands, .. } => assertions(commands),
        Command::Module { .. }
        | Command::ModuleDefinition { .. }
        | Command::ModuleInstance { .. }
        | Command::Register { .. }
        | Command::Action { .. }
        | Command::Wait { .. } => 0,
        Command::AssertMalformed { .. }
        | Command::AssertMalformedCustom { .. }
        | Command::AssertInvalid { .. }
        | Command::AssertInvalidCustom { .. }
        | Command::AssertUnlinkable { .. }
        | Command::AssertReturn { .. }
        | Command::AssertTrap { .. }
        | Command::AssertExhaustion { .. }
        | Command::AssertException { .. }
        | Command::AssertSuspension { .. }
        | Command::AssertUninstantiable { .. } => 1,
    }
}
