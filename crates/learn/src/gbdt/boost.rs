//! Round after round: a tree on what the rounds before got wrong, until validation stops improving.

use base::Random;

use crate::{
    clock::Deadline,
    gbdt::{Settings, bins::Bins, grow::Grower, tree::Ensemble},
    loss,
    matrix::Matrix,
    objective::{Gradient, Objective},
};

/// Rows to learn from or to validate on.
#[derive(Clone, Copy)]
pub(crate) struct Data<'a> {
    pub(crate) matrix: &'a Matrix,
    pub(crate) targets: &'a [f64],
}

/// What bounds a fit.
#[derive(Clone, Copy)]
pub(crate) struct Fitting<'a> {
    pub(crate) objective: Objective,
    pub(crate) settings: &'a Settings,
    pub(crate) deadline: Deadline<'a>,
}

/// A fitted ensemble.
#[derive(Debug, Clone)]
pub(crate) struct Fit {
    pub(crate) ensemble: Ensemble,
    /// Rounds that were kept.
    pub(crate) rounds: usize,
    /// Whether the time ran out before growing ended by itself.
    pub(crate) out_of_time: bool,
}

/// Learns from `train`; with `validation`, keeps the rounds up to the least loss there.
pub(crate) fn fit(
    fitting: Fitting<'_>,
    train: Data<'_>,
    validation: Option<Data<'_>>,
    round_done: &mut dyn FnMut(usize),
) -> Fit {
    let Fitting { objective, settings, deadline } = fitting;
    let bins = Bins::new(train.matrix);
    let mut grower = Grower::new(&bins, settings);
    let outputs = objective.outputs();
    let mut ensemble = Ensemble { start: objective.start(train.targets), trees: Vec::new() };
    let mut margins = ensemble.start.repeat(train.targets.len());
    let mut gradients = vec![Gradient::default(); train.targets.len()];
    let mut columns = ColumnChoice::new(bins.columns(), settings);
    let mut watch = validation.map(|data| Watch::new(objective, data, &ensemble));
    let mut out_of_time = false;
    for round in 1..=settings.rounds {
        // All outputs of a round answer the same margins, so these are kept until the round is over.
        let before = margins.clone();
        for output in 0..outputs {
            objective.gradients(&before, train.targets, output, &mut gradients);
            let tree = grower.grow(&gradients, columns.next(), |row, value| {
                margins[row * outputs + output] += f64::from(value);
            });
            ensemble.trees.push(tree);
        }
        round_done(round);
        if watch.as_mut().is_some_and(|watch| watch.is_over(round, &ensemble, settings.patience)) {
            break;
        }
        out_of_time = round < settings.rounds && deadline.passed();
        if out_of_time {
            break;
        }
    }
    let rounds = watch.map_or(ensemble.trees.len() / outputs, |watch| watch.best_round);
    ensemble.trees.truncate(rounds * outputs);
    Fit { ensemble, rounds, out_of_time }
}

/// Draws the columns of each tree.
struct ColumnChoice {
    all: Vec<usize>,
    drawn: Vec<usize>,
    take: usize,
    random: Random,
}

impl ColumnChoice {
    fn new(columns: usize, settings: &Settings) -> Self {
        let take = (columns as f64 * settings.column_share).ceil() as usize;
        Self {
            all: (0..columns).collect(),
            drawn: Vec::new(),
            take: take.clamp(1, columns.max(1)),
            random: Random::new(settings.seed),
        }
    }

    fn next(&mut self) -> &[usize] {
        self.random.shuffle(&mut self.all);
        self.drawn.clone_from(&self.all);
        self.drawn.truncate(self.take);
        self.drawn.sort_unstable();
        &self.drawn
    }
}

/// Follows the validation loss.
struct Watch<'a> {
    objective: Objective,
    data: Data<'a>,
    margins: Vec<f64>,
    best_loss: f64,
    best_round: usize,
}

impl<'a> Watch<'a> {
    fn new(objective: Objective, data: Data<'a>, ensemble: &Ensemble) -> Self {
        let margins = ensemble.start.repeat(data.targets.len());
        let best_loss = loss::total(objective, &objective.predictions(&margins), data.targets);
        Self { objective, data, margins, best_loss, best_round: 0 }
    }

    /// Adds the latest round's trees; true when the loss has not fallen for `patience` rounds.
    fn is_over(&mut self, round: usize, ensemble: &Ensemble, patience: usize) -> bool {
        let first = (round - 1) * ensemble.outputs();
        for (position, tree) in ensemble.trees.iter().enumerate().skip(first) {
            ensemble.add(position, tree, self.data.matrix, &mut self.margins);
        }
        let predictions = self.objective.predictions(&self.margins);
        let loss = loss::total(self.objective, &predictions, self.data.targets);
        if loss < self.best_loss {
            (self.best_loss, self.best_round) = (loss, round);
        }
        round >= self.best_round + patience
    }
}
