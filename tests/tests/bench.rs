//! The benchmark goes on working: each measurement runs in tiny sizes, with its audits. Its
//! figures mean nothing here, and no figure is looked at.

use std::collections::BTreeSet;

use clap::ValueEnum;
use gage_tests::bench::{
    Measurement,
    report::Report,
    run,
    sizes::Form,
    table::{Choice, Language, markdown, plain},
    targets::Headline,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_measured_and_every_audit_passes() {
    let wanted = Measurement::value_variants().to_vec();
    let report = run(Form::Tiny, wanted).await.unwrap();
    let measured: BTreeSet<String> = report
        .rows
        .iter()
        .filter_map(|row| row.headline)
        .map(|headline| format!("{headline:?}"))
        .collect();
    let all: BTreeSet<String> = Headline::value_variants()
        .iter()
        .map(|headline| format!("{headline:?}"))
        .collect();
    assert_eq!(measured, all, "each stands in the report");
    assert!(
        report
            .rows
            .iter()
            .all(|row| row.figure.is_finite() && row.figure > 0.0),
        "{}",
        plain(&report)
    );

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    report.write(&file).unwrap();
    assert_eq!(plain(&Report::read(&file).unwrap()), plain(&report));
    for language in [Language::En, Language::Ko] {
        let table = markdown(&report, language, Choice::Headlines);
        assert!(table.lines().count() > Headline::value_variants().len());
    }
}
