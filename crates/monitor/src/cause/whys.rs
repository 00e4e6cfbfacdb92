//! The chain of whys: from the symptom, by way of the rows and the onset, up the lineage to the earliest cause.

use super::{
    case::Case,
    evidence::Happening,
    finding::number,
    found::{Cause, Fact, Kind, Why},
    happenings,
    weigh::Weighed,
};

/// Three to five questions, each asked of the answer before.
pub(super) fn chain(case: &Case<'_>, weighed: &[Weighed], causes: &[Cause]) -> Vec<Why> {
    if causes.is_empty() {
        return Vec::new();
    }
    let upstream = upstream(case);
    let mut whys = vec![symptom(case), where_it_is(causes), since_when(case)];
    whys.push(what_changed(case, &upstream));
    if causes[0].kind != Kind::Unknown {
        whys.push(earliest(case, weighed, causes, &upstream));
    }
    whys
}

fn why(question: impl Into<String>, answer: impl Into<String>, evidence: Vec<Fact>) -> Why {
    Why { question: question.into(), answer: answer.into(), evidence }
}

fn symptom(case: &Case<'_>) -> Why {
    let (symptom, loss) = (&case.evidence.symptom, &case.loss);
    let moved = if symptom.after >= symptom.before { "rose" } else { "fell" };
    let kind = if loss.measured { "measured" } else { "expected" };
    let change = format!("{:+.4} ± {:.4}", loss.change(), loss.margin);
    why(
        format!("What is wrong with `{}`?", symptom.subject),
        format!(
            "`{}` {moved} from {} to {}; the {kind} {} of its rows changed by {change}.",
            symptom.signal,
            number(symptom.before),
            number(symptom.after),
            case.evidence.measure.name()
        ),
        vec![Fact::of(format!("change of the {kind} loss"), change, case.evidence.current.len())],
    )
}

/// The likeliest cause that the rows themselves show.
fn where_it_is(causes: &[Cause]) -> Why {
    let shown = causes
        .iter()
        .find(|cause| cause.evidence.iter().any(|fact| fact.rows.is_some()) && cause.kind != Kind::Unknown);
    let question = "Which rows and columns show it?";
    match shown {
        Some(cause) => why(question, cause.explanation.clone(), cause.evidence.clone()),
        None => why(question, "No column and no slice stands out.", causes[0].evidence.clone()),
    }
}

fn since_when(case: &Case<'_>) -> Why {
    let symptom = &case.evidence.symptom;
    let drifted = case.columns.iter().filter(|column| column.drifted && !column.clock);
    let (mut gradual, mut all) = (0, 0);
    for column in drifted {
        all += 1;
        gradual += usize::from(super::season::is_gradual(case, &column.name));
    }
    let pace = if gradual > 0 {
        format!("; {gradual} of {all} drifted columns moved gradually")
    } else {
        String::new()
    };
    let hours = symptom.window_micros as f64 / 3.6e9;
    why(
        "Since when?",
        format!("Since {}, known to within {} h{pace}.", symptom.onset, number(hours)),
        vec![Fact::recorded("onset", symptom.onset.to_string())],
    )
}

/// What was recorded upstream near the onset, the nearest first.
fn upstream<'a>(case: &'a Case<'_>) -> Vec<&'a Happening> {
    let reaches = |happening: &&Happening| happenings::reaches(case, happening);
    let near = |happening: &&Happening| happenings::closeness(case, happening) > 0.0;
    let mut upstream: Vec<&Happening> =
        case.evidence.happenings.iter().filter(reaches).filter(near).collect();
    upstream.sort_by_key(|happening| std::cmp::Reverse(happening.at));
    upstream
}

fn what_changed(case: &Case<'_>, upstream: &[&Happening]) -> Why {
    let subject = &case.evidence.symptom.subject;
    let question = format!("What changed upstream of `{subject}` before that?");
    let fact = |happening: &&Happening| {
        Fact::recorded(
            format!("`{}` {}", happening.node, happening.change),
            happenings::when(case, happening),
        )
    };
    let Some(nearest) = upstream.first() else {
        let looked_at = Fact::recorded("records looked at", case.evidence.happenings.len().to_string());
        let answer = format!("Nothing is recorded within {} windows before the onset.", happenings::FAR);
        return why(question, answer, vec![looked_at]);
    };
    let answer = format!(
        "{} recorded; the nearest: `{}` {}, {}.",
        if upstream.len() == 1 {
            "One change is".to_owned()
        } else {
            format!("{} changes are", upstream.len())
        },
        nearest.node,
        nearest.change,
        happenings::when(case, nearest)
    );
    why(question, answer, upstream.iter().take(5).map(fact).collect())
}

/// The recorded cause if there is one, or the sources from which the first cause must have come.
fn earliest(case: &Case<'_>, weighed: &[Weighed], causes: &[Cause], upstream: &[&Happening]) -> Why {
    let question = "What is the earliest cause that is known?";
    if let Some(recorded) = recorded(case, weighed, upstream) {
        let path =
            case.evidence.lineage.path(&recorded.node, &case.evidence.symptom.subject).unwrap_or_default();
        let way = path.join(" → ");
        let answer = format!("`{}` {}: {way}.", recorded.node, recorded.change);
        return why(question, answer, vec![Fact::recorded("way to the symptom", way)]);
    }
    let cause = &causes[0];
    let sources = case.evidence.lineage.sources(&case.evidence.symptom.subject);
    let answer = match cause.kind {
        Kind::SeasonalShift | Kind::MixShift | Kind::Segment | Kind::NewCategory => {
            format!(
                "The world behind {}: {}; no change of data, code or model is recorded.",
                sources.join(", "),
                cause.title
            )
        }
        _ => format!("What {} delivers: {}; no change of it is recorded.", sources.join(", "), cause.title),
    };
    why(question, answer, vec![Fact::recorded("sources", sources.join(", "))])
}

/// The recorded change that ranks highest: of code, data or model, not a mere warning.
fn recorded<'a>(case: &Case<'_>, weighed: &[Weighed], upstream: &[&'a Happening]) -> Option<&'a Happening> {
    let first = &weighed.first()?.finding;
    let ranked = weighed.iter().filter(|one| one.finding.kind != Kind::Expectation);
    let best = ranked.filter_map(|one| one.finding.recorded.as_ref()).find(|(at, node)| {
        // A season is older than any commit; a fault can come from any change upstream of the model.
        let own = first.recorded.as_ref() == Some(&(*at, node.clone()));
        let released = *node == case.evidence.symptom.subject || node.starts_with("model.");
        own || !matches!(first.kind, Kind::SeasonalShift | Kind::MixShift) && !released
    })?;
    upstream.iter().find(|happening| happening.at == best.0 && happening.node == best.1).copied()
}
