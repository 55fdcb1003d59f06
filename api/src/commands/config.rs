//! `gage config`: what is in force.

use std::io::Write as _;

use crate::config::{Settings, Source, args::ServeArgs, table};

/// Prints every setting with its value and where it comes from.
pub(super) fn run(args: ServeArgs) -> anyhow::Result<()> {
    let args = args.with_environment();
    let settings = Settings::check(&args)?;
    let rows = table(&args, &settings, |name| std::env::var(name).ok());
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
    let names = width(&mut rows.iter().map(|row| row.setting.variable.len()));
    let values = width(&mut rows.iter().map(|row| row.value.chars().count()));
    let mut out = std::io::stdout().lock();
    for row in &rows {
        let source = match row.source {
            Source::Flag => "flag",
            Source::Environment => "environment",
            Source::Default => "default",
        };
        writeln!(
            out,
            "{:names$}  {:values$}  {source}",
            row.setting.variable, row.value
        )?;
    }
    Ok(())
}
