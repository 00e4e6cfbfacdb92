//! Every learner that may compete, fitted and scored on validation rows.

use serde::{Deserialize, Serialize};

use crate::{
    baseline::Baseline,
    calibration::Calibration,
    clock::{Budget, Deadline},
    features::{Plan, Scope},
    gbdt::{self, Data, Fitting},
    linear, loss,
    matrix::Matrix,
    objective::Objective,
    predictor::{Learned, predictions},
    progress::Progress,
    settings::Builtin,
    split::Fold,
};

/// The share of the budget after which no candidate grows on; the rest is for the curve and the refit.
const BUDGET_SHARE: f64 = 0.5;

/// A learner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Candidate {
    /// Class shares or the mean.
    Baseline,
    /// Ridge, logistic or multinomial regression.
    Linear,
    /// Gradient-boosted trees.
    Gbm,
}

impl Candidate {
    /// The candidate's name in the project file and the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Linear => "linear",
            Self::Gbm => "gbm",
        }
    }

    fn competing(builtin: Builtin) -> Vec<Self> {
        match builtin {
            Builtin::Auto => vec![Self::Baseline, Self::Linear, Self::Gbm],
            Builtin::Linear => vec![Self::Baseline, Self::Linear],
            Builtin::Gbm => vec![Self::Baseline, Self::Gbm],
            Builtin::Baseline => vec![Self::Baseline],
        }
    }
}

/// The numbers of one fold.
pub(crate) struct Prepared {
    pub(crate) plan: Plan,
    pub(crate) train: Matrix,
    pub(crate) train_targets: Vec<f64>,
    pub(crate) validation: Matrix,
    pub(crate) validation_targets: Vec<f64>,
}

impl Prepared {
    pub(crate) fn new(scope: Scope<'_>, columns: &[String], fold: &Fold) -> Self {
        let (plan, _) = Plan::fit(scope, columns, &fold.train);
        Self {
            train: plan.apply_fitted(scope, &fold.train),
            train_targets: scope.targets(&fold.train),
            validation: plan.apply(scope, &fold.validation),
            validation_targets: scope.targets(&fold.validation),
            plan,
        }
    }
}

/// A candidate's showing on the validation rows of all folds.
#[derive(Debug, Clone)]
pub(crate) struct Tried {
    pub(crate) candidate: Candidate,
    /// Margins of the validation rows, fold by fold.
    pub(crate) margins: Vec<f64>,
    /// The correction of its probabilities, if one is worth making.
    pub(crate) calibration: Option<Calibration>,
    /// The loss after the correction, as the candidate would be shipped; the least wins.
    pub(crate) score: f64,
    /// Rounds of trees that were best, on average over the folds.
    pub(crate) rounds: Option<usize>,
    pub(crate) out_of_time: bool,
}

/// What all fits of a training share.
#[derive(Clone, Copy)]
pub(crate) struct Bench<'a> {
    pub(crate) objective: Objective,
    pub(crate) seed: u64,
    pub(crate) threads: usize,
    pub(crate) budget: Budget<'a>,
}

impl Bench<'_> {
    /// Tries every learner that competes, the baseline first.
    pub(crate) fn try_all(
        &self,
        builtin: Builtin,
        folds: &[Prepared],
        progress: &mut dyn FnMut(Progress),
    ) -> Vec<Tried> {
        let targets = validation_targets(folds);
        let mut all = Vec::new();
        for candidate in Candidate::competing(builtin) {
            let tried = self.try_one(candidate, folds, &targets, progress);
            let metric = loss::metric(self.objective);
            progress(Progress::Tried { candidate: candidate.name(), metric, score: tried.score });
            all.push(tried);
        }
        all
    }

    fn try_one(
        &self,
        candidate: Candidate,
        folds: &[Prepared],
        targets: &[f64],
        progress: &mut dyn FnMut(Progress),
    ) -> Tried {
        let mut margins = Vec::new();
        let mut rounds = Vec::new();
        let mut out_of_time = false;
        for (number, fold) in folds.iter().enumerate() {
            let share = BUDGET_SHARE * (number + 1) as f64 / folds.len() as f64;
            let fitted = self.fit(candidate, fold, self.budget.until(share), progress);
            margins.extend(fitted.learned.margins(&fold.validation));
            rounds.extend(fitted.rounds);
            out_of_time |= fitted.out_of_time;
        }
        // A constant is left as it is: corrected, it would have seen the validation rows' shares.
        let calibration = if candidate == Candidate::Baseline {
            None
        } else {
            Calibration::fit(self.objective, &margins, targets)
        };
        let score = loss::total(self.objective, &predictions(self.objective, calibration, &margins), targets);
        let mean = |rounds: Vec<usize>| rounds.iter().sum::<usize>().div_ceil(rounds.len());
        let rounds = (!rounds.is_empty()).then(|| mean(rounds));
        Tried { candidate, margins, calibration, score, rounds, out_of_time }
    }

    /// Fits to a fold, with its validation rows to say when to stop.
    pub(crate) fn fit(
        &self,
        candidate: Candidate,
        fold: &Prepared,
        deadline: Deadline<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Fitted {
        let train = Data { matrix: &fold.train, targets: &fold.train_targets };
        let validation = Data { matrix: &fold.validation, targets: &fold.validation_targets };
        self.learn(candidate, train, Stop::Early(validation, deadline), progress)
    }

    /// Fits to all these rows; trees for this many rounds.
    pub(crate) fn refit(
        &self,
        candidate: Candidate,
        train: Data<'_>,
        rounds: Option<usize>,
        progress: &mut dyn FnMut(Progress),
    ) -> Fitted {
        self.learn(candidate, train, Stop::After(rounds.unwrap_or(0), self.budget.until(1.0)), progress)
    }

    fn learn(
        &self,
        candidate: Candidate,
        train: Data<'_>,
        stop: Stop<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Fitted {
        let simple = |model| Fitted { learned: Learned::Linear(model), rounds: None, out_of_time: false };
        match candidate {
            Candidate::Baseline => {
                let margins = self.objective.start(train.targets);
                simple(linear::Model::constant(margins, train.matrix.columns()))
            }
            Candidate::Linear => simple(linear::fit(self.objective, train)),
            Candidate::Gbm => self.boost(train, stop, progress),
        }
    }

    fn boost(&self, train: Data<'_>, stop: Stop<'_>, progress: &mut dyn FnMut(Progress)) -> Fitted {
        let mut settings = gbdt::Settings::suited(train.targets.len(), self.objective.outputs());
        settings.seed = self.seed;
        settings.threads = self.threads;
        let (validation, deadline) = match stop {
            Stop::Early(validation, deadline) => (Some(validation), deadline),
            Stop::After(rounds, deadline) => {
                settings.rounds = rounds;
                (None, deadline)
            }
        };
        let fitting = Fitting { objective: self.objective, settings: &settings, deadline };
        let fit = gbdt::fit(fitting, train, validation, &mut |round| progress(Progress::Round { round }));
        let gbdt::Fit { ensemble, rounds, out_of_time } = fit;
        Fitted { learned: Learned::Trees(ensemble), rounds: Some(rounds), out_of_time }
    }
}

/// When growing trees ends.
enum Stop<'a> {
    /// When these rows are no longer predicted better, or the time is over.
    Early(Data<'a>, Deadline<'a>),
    /// After this many rounds, or when the time is over.
    After(usize, Deadline<'a>),
}

/// A fit, and how it ended.
pub(crate) struct Fitted {
    pub(crate) learned: Learned,
    pub(crate) rounds: Option<usize>,
    pub(crate) out_of_time: bool,
}

/// The targets of the validation rows, fold by fold.
pub(crate) fn validation_targets(folds: &[Prepared]) -> Vec<f64> {
    folds.iter().flat_map(|fold| fold.validation_targets.iter().copied()).collect()
}

/// The baseline's validation predictions, fold by fold.
pub(crate) fn baseline_predictions(objective: Objective, folds: &[Prepared]) -> Vec<f64> {
    let of = |fold: &Prepared| {
        Baseline::fit(objective, &fold.train_targets).predictions(fold.validation_targets.len())
    };
    folds.iter().flat_map(of).collect()
}

impl Tried {
    /// Its predictions for the validation rows, corrected where that is worthwhile.
    pub(crate) fn predictions(&self, objective: Objective) -> Vec<f64> {
        predictions(objective, self.calibration, &self.margins)
    }
}

/// The candidate with the least loss; the simpler of equals.
pub(crate) fn best(tried: &[Tried]) -> &Tried {
    let mut best = &tried[0];
    for other in &tried[1..] {
        if other.score < best.score {
            best = other;
        }
    }
    best
}
