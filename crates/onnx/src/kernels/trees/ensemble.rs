//! Trees laid out for walking, and the walk.
//!
//! A node takes 16 bytes, and of a tree first come the splits, then the leaves. A leaf is its own child, so
//! that several walks can advance in step without asking which of them have ended: the processor then has
//! that many loads on their way at once, where a single walk would wait for each.

/// How many walks advance in step.
pub(super) const LANES: usize = 8;

/// A split, or a leaf that leads to itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) threshold: f32,
    /// The column to look at, with [`MISSING`] and [`EXACT`].
    pub(super) feature: u32,
    /// Where rows go whose value is above the threshold, and where those go whose value is at most that;
    /// with [`EXACT`], unlike it and equal to it. An array, so that choosing is a load and not a branch,
    /// which the processor would guess wrong half of the time.
    pub(super) children: [u32; 2],
}

/// Set in [`Node::feature`] when rows without a value go to the second child.
pub(super) const MISSING: u32 = 1 << 31;
/// Set in [`Node::feature`] when only rows with just this value go there.
pub(super) const EXACT: u32 = 1 << 30;
/// The bits of [`Node::feature`] that are the column.
pub(super) const COLUMN: u32 = EXACT - 1;

/// Where a tree is among the nodes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree {
    pub(super) root: u32,
    /// The first of its leaves.
    pub(super) leaves: u32,
    /// The position of that leaf among all leaves.
    pub(super) first: u32,
}

/// What the leaves hold.
#[derive(Debug)]
pub(super) enum Weights {
    /// One target, and a weight a leaf.
    One(Vec<f32>),
    /// For each leaf a range of targets and weights: from its start to that of the next leaf.
    Many { starts: Vec<u32>, outputs: Vec<(u32, f32)> },
}

/// Trees that are ready to be walked.
#[derive(Debug)]
pub(super) struct Ensemble {
    pub(super) nodes: Vec<Node>,
    pub(super) trees: Vec<Tree>,
    pub(super) weights: Weights,
    pub(super) targets: usize,
    /// The least number of columns a row must have.
    pub(super) columns: usize,
}

impl Ensemble {
    /// The leaves that rows reach in one tree, as positions among all leaves.
    #[inline]
    pub(super) fn rows<const N: usize>(&self, tree: &Tree, rows: [&[f32]; N]) -> [u32; N] {
        let reached: [u32; N] = self.walk([tree.root; N], |_| tree.leaves, |lane| rows[lane]);
        reached.map(|node| node - tree.leaves + tree.first)
    }

    /// The leaves that one row reaches in several trees, as positions among all leaves.
    #[inline]
    pub(super) fn trees<const N: usize>(&self, trees: &[Tree; N], row: &[f32]) -> [u32; N] {
        let leaves: [u32; N] = std::array::from_fn(|lane| trees[lane].leaves);
        let roots: [u32; N] = std::array::from_fn(|lane| trees[lane].root);
        let reached = self.walk(roots, |lane| leaves[lane], |_| row);
        std::array::from_fn(|lane| reached[lane] - leaves[lane] + trees[lane].first)
    }

    /// Advances all lanes until each is at a leaf.
    #[inline]
    fn walk<'a, const N: usize>(
        &self,
        mut at: [u32; N],
        leaves: impl Fn(usize) -> u32,
        row: impl Fn(usize) -> &'a [f32],
    ) -> [u32; N] {
        loop {
            let mut walking = false;
            for (lane, node) in at.iter_mut().enumerate() {
                *node = self.nodes[*node as usize].next(row(lane));
                walking |= *node < leaves(lane);
            }
            if !walking {
                return at;
            }
        }
    }
}

impl Node {
    #[inline]
    fn next(&self, row: &[f32]) -> u32 {
        let value = row[(self.feature & COLUMN) as usize];
        let at_most = (value <= self.threshold) & ((self.feature & EXACT == 0) | (value >= self.threshold));
        let absent = value.is_nan() & (self.feature & MISSING != 0);
        self.children[usize::from(at_most | absent)]
    }
}
