//! A report as a table: for a terminal, and between two marks of a page.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result, ensure};

use super::{
    figures::grouped,
    report::{Report, Row, Unit},
    targets::{Headline, Measure, Side, Target},
};

/// Where a page's table begins and ends.
const BEGIN: &str = "<!-- benchmark:begin -->";
const END: &str = "<!-- benchmark:end -->";

/// The tongue of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// English.
    En,
    /// Korean.
    Ko,
}

/// Which figures a table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Choice {
    /// All.
    All,
    /// Those that stand for the others.
    Headlines,
}

/// Puts the table between a page's marks.
///
/// # Errors
/// When the page cannot be read or written, or has no marks.
pub fn write_into(page: &Path, report: &Report, language: Language, choice: Choice) -> Result<()> {
    let text = fs::read_to_string(page).with_context(|| page.display().to_string())?;
    let text = replaced(&text, &markdown(report, language, choice))
        .with_context(|| page.display().to_string())?;
    fs::write(page, text).with_context(|| page.display().to_string())
}

fn replaced(page: &str, table: &str) -> Result<String> {
    let (before, rest) = page
        .split_once(BEGIN)
        .with_context(|| format!("no {BEGIN}"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("no {END}"))?;
    ensure!(!after.contains(BEGIN), "more than one table");
    Ok(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

/// The table and where it comes from, in Markdown.
pub fn markdown(report: &Report, language: Language, choice: Choice) -> String {
    let shown = |row: &&Row| choice == Choice::All || row.headline.is_some();
    let mut text = origin(report, language);
    text.push_str(match language {
        Language::En => "\n\n| what | figure | p50 / p99 | baseline | ratio | target | reached |\n",
        Language::Ko => "\n\n| 항목 | 수치 | p50 / p99 | 비교 기준 | 비율 | 목표 | 달성 |\n",
    });
    text.push_str("|---|---:|---:|---|---:|---|---|");
    for row in report.rows.iter().filter(shown) {
        let what = match (language, row.headline) {
            (Language::Ko, Some(headline)) => korean(headline),
            _ => &row.what,
        };
        let cells = cells(row);
        let _ = write!(text, "\n| {what} | {} |", cells.join(" | "));
    }
    text
}

/// The table for a terminal, with notes.
pub fn plain(report: &Report) -> String {
    let mut text = origin(report, Language::En);
    text.push('\n');
    for row in &report.rows {
        let [figure, tail, baseline, ratio, target, reached] = cells(row);
        let _ = write!(text, "\n{:<58} {figure:>26}", row.what);
        for (name, cell) in [("p50/p99", tail), ("beside", baseline), ("ratio", ratio)] {
            if !cell.is_empty() {
                let _ = write!(text, "   {name} {cell}");
            }
        }
        if !target.is_empty() {
            let _ = write!(text, "   target {target}: {reached}");
        }
        if !row.note.is_empty() {
            let _ = write!(text, "\n      {}", row.note);
        }
    }
    text
}

fn origin(report: &Report, language: Language) -> String {
    let Report {
        machine,
        form,
        date,
        commit,
        took_secs,
        ..
    } = report;
    let (minutes, secs) = (took_secs / 60, took_secs % 60);
    let form = format!("{form:?}").to_lowercase();
    match language {
        Language::En => format!(
            "`script/bench --{form}` on {machine}; {date}, commit {commit}, {minutes} min {secs} s."
        ),
        Language::Ko => format!(
            "`script/bench --{form}`, {machine}; {date}, 커밋 {commit}, {minutes}분 {secs}초."
        ),
    }
}

/// Figure, latencies, baseline, ratio, target, whether it was reached.
fn cells(row: &Row) -> [String; 6] {
    let unit = serde_json::to_value(row.unit).unwrap_or_default();
    let unit = unit.as_str().unwrap_or_default().to_owned();
    let tail = row.tail.map_or_else(String::new, |tail| {
        format!("{} / {} ms", number(tail.p50_ms), number(tail.p99_ms))
    });
    let baseline = row.baseline.as_ref().map_or_else(String::new, |baseline| {
        format!("{}: {}", baseline.what, number(baseline.figure))
    });
    let ratio = row.ratio().map_or_else(String::new, number);
    let targets: Vec<String> = row
        .targets()
        .iter()
        .map(|target| wanted(target, row.unit))
        .collect();
    let reached = match row.reached() {
        Some(true) => "✓",
        Some(false) => "✗",
        None => "",
    };
    [
        format!("{} {unit}", number(row.figure)),
        tail,
        baseline,
        ratio,
        targets.join(", "),
        reached.to_owned(),
    ]
}

fn wanted(target: &Target, unit: Unit) -> String {
    let side = match target.side {
        Side::AtLeast => "≥",
        Side::AtMost => "≤",
    };
    let bound = number(target.bound);
    match target.measure {
        Measure::Figure if unit == Unit::Mebibytes => format!("{side} {bound} MiB"),
        Measure::Figure => format!("{side} {bound}"),
        Measure::Ratio => format!("{side} {bound} ×"),
        Measure::P99 => format!("p99 {side} {bound} ms"),
    }
}

/// Three digits that count, thousands apart.
fn number(figure: f64) -> String {
    if figure < 9.995 {
        return format!("{figure:.2}");
    }
    if figure < 99.95 {
        return format!("{figure:.1}");
    }
    grouped(format!("{figure:.0}"))
}

fn korean(headline: Headline) -> &'static str {
    match headline {
        Headline::Append => "게이트웨이, 서로 다른 애그리거트, 동시 작성자 256",
        Headline::AppendKeyed => "위와 같고 멱등성 키까지",
        Headline::HotReservations => "한 상품에 몰린 재고 예약, 구매자 1,000명",
        Headline::HotOrders => "한 상품에 몰린 주문, 게이트웨이",
        Headline::HotGraphql => "한 상품에 몰린 주문, GraphQL",
        Headline::Orders => "GraphQL 주문 전체, 최대 속도",
        Headline::OrdersAtHalf => "GraphQL 주문 전체, 최대의 절반 속도로 도착",
        Headline::ProductList => "상품 목록(20개, 실시간 재고)",
        Headline::ProductListBusy => "주문이 들어오는 동안의 상품 목록",
        Headline::OrderPage => "주문 페이지",
        Headline::Subscription => "이벤트에서 구독자까지",
        Headline::Rebuild => "읽기 모델 재구축",
        Headline::CatchUp => "읽기 모델 따라잡기",
        Headline::Replay => "이벤트 로그 재생",
        Headline::AuditReplay => "감사 재생(모든 이벤트 검사)",
        Headline::AuditMemory => "감사 재생의 최대 메모리",
        Headline::Backfill => "체인에서 결제 되찾기",
        Headline::Growth => "로그가 길어질 때의 명령 비용",
        Headline::Memory => "모든 측정 뒤 서버 메모리",
        Headline::Start => "서버 시작 시간",
        Headline::Binary => "실행 파일 크기",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_what_counts() {
        let shown: Vec<String> = [0.514, 12.34, 640.2, 37_123.4, 1_234_567.0]
            .map(number)
            .into();
        assert_eq!(shown, ["0.51", "12.3", "640", "37,123", "1,234,567"]);
    }

    #[test]
    fn a_table_takes_the_place_of_the_last_one() {
        let page = format!("a\n{BEGIN}\nold\n{END}\nb");
        let page = replaced(&page, "new").unwrap();
        assert_eq!(page, format!("a\n{BEGIN}\nnew\n{END}\nb"));
        assert!(replaced("no marks", "new").is_err());
    }

    #[test]
    fn a_row_says_whether_its_targets_are_reached() {
        let row = Row::of("list", 9_000.0, Unit::Requests).headline(Headline::ProductList);
        let near = row.clone().beside("bare", 17_000.0);
        let far = row.clone().beside("bare", 19_000.0);
        assert_eq!(near.reached(), Some(true));
        assert_eq!(far.reached(), Some(false));
        assert_eq!(row.reached(), Some(false), "there is no ratio");
        assert_eq!(Row::of("x", 1.0, Unit::Millis).reached(), None);
    }
}
