//! guides/format.md: a call's memory is bounded by its input and its answer.

#[path = "hostile/inputs.rs"]
mod inputs;

use oql::{RenderOptions, lint, parse_headlines, render, tangle_plan};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The most that a call had beyond what was there before it, and the bytes of its answer.
fn peak(call: impl Fn() -> String) -> (usize, usize) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let answer = call();
    (ALLOCATOR.peak_usage().saturating_sub(before), answer.len())
}

#[test]
fn memory_is_within_thirty_times_the_input_and_four_times_the_answer() {
    // What nests or grows shows at this size already; a debug build takes its time.
    let size = if cfg!(debug_assertions) { 128 << 10 } else { 1 << 20 };
    let options = RenderOptions::default();
    let mut over = Vec::new();
    for (name, org) in inputs::inputs(size) {
        let calls: [(&str, &dyn Fn() -> String); 4] = [
            ("headlines", &|| serde_json::to_string(&parse_headlines(&org)).unwrap()),
            ("plan", &|| serde_json::to_string(&tangle_plan(&org)).unwrap()),
            ("lint", &|| serde_json::to_string(&lint(&org)).unwrap()),
            ("render", &|| render(&org, &options)),
        ];
        for (call, run) in calls {
            let (used, answer) = peak(run);
            // A guest's words are half as wide as those of the machine that this test runs on.
            let allowed = 2 * 30 * org.len() + 4 * answer;
            if used > allowed {
                over.push(format!(
                    "{call} of {name}: {} times the input, answer {}",
                    used / org.len(),
                    answer / org.len()
                ));
            }
        }
    }
    assert!(over.is_empty(), "{}", over.join("\n"));
}
