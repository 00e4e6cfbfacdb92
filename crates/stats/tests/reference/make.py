"""Writes reference.json: what numpy, scipy and scikit-learn say to the questions of ../reference.rs.

    python -m venv venv && venv/bin/pip install numpy scipy scikit-learn && venv/bin/python make.py

DeLong's variance is computed here from its definition, pair by pair, not from ranks. The data are
rounded so that scores tie, and kept small so that the file stays small.
"""

import json
import pathlib

import numpy
import scipy.stats
import sklearn.metrics

random = numpy.random.default_rng(20130101)


def delong(scores, labels):
    """The structural components of each model: psi over all pairs, averaged each way."""
    positive, negative = scores[labels], scores[~labels]
    psi = (positive[:, None] > negative).astype(float) + 0.5 * (positive[:, None] == negative)
    return psi.mean(), psi.mean(axis=1), psi.mean(axis=0)


def variance(first, second):
    return numpy.cov(first[1] - second[1]) / len(first[1]) + numpy.cov(first[2] - second[2]) / len(first[2])


def binary(rows, share, decimals):
    labels = random.random(rows) < share
    noise = random.normal(size=(2, rows))
    scores = [1 / (1 + numpy.exp(-(1.5 * labels - 1 + spread * noise[at]))) for at, spread in enumerate((1.0, 1.4))]
    first, second = (numpy.clip(numpy.round(one, decimals), 0.01, 0.99) for one in scores)
    one, other = delong(first, labels), delong(second, labels)
    nothing = (0.0, numpy.zeros_like(one[1]), numpy.zeros_like(one[2]))
    decided = first >= 0.5
    area = sklearn.metrics.roc_auc_score(labels, first)
    assert abs(area - one[0]) < 1e-12, "the definition and scikit-learn agree on the area"
    return {
        "first": first.tolist(),
        "second": second.tolist(),
        "labels": labels.tolist(),
        "roc_auc": area,
        "variance": float(variance(one, nothing)),
        "difference": one[0] - other[0],
        "difference_variance": float(variance(one, other)),
        "average_precision": sklearn.metrics.average_precision_score(labels, first),
        "log_loss": sklearn.metrics.log_loss(labels, first),
        "brier": sklearn.metrics.brier_score_loss(labels, first),
        "precision": sklearn.metrics.precision_score(labels, decided),
        "recall": sklearn.metrics.recall_score(labels, decided),
        "f1": sklearn.metrics.f1_score(labels, decided),
        "midranks": scipy.stats.rankdata(first).tolist(),
    }


def multiclass(rows, classes):
    labels = random.integers(classes, size=rows)
    probabilities = random.dirichlet(numpy.ones(classes), size=rows)
    return {
        "classes": classes,
        "probabilities": probabilities.ravel().tolist(),
        "labels": labels.tolist(),
        "log_loss": sklearn.metrics.log_loss(labels, probabilities, labels=range(classes)),
        "brier": float(((probabilities - numpy.eye(classes)[labels]) ** 2).sum(axis=1).mean()),
    }


def regression(rows):
    target = random.normal(100, 30, size=rows)
    predicted = target + random.normal(2, 9, size=rows)
    weights = random.integers(0, 4, size=rows)
    return {
        "target": target.tolist(),
        "predicted": predicted.tolist(),
        "weights": weights.astype(float).tolist(),
        "rmse": sklearn.metrics.root_mean_squared_error(target, predicted),
        "r2": sklearn.metrics.r2_score(target, predicted),
        "weighted_rmse": sklearn.metrics.root_mean_squared_error(target, predicted, sample_weight=weights),
        "weighted_r2": sklearn.metrics.r2_score(target, predicted, sample_weight=weights),
    }


def calibration(rows, bins):
    """Distinct probabilities in bins of exactly equal mass: no choice is left to the binning."""
    probabilities = random.permutation(numpy.linspace(0.01, 0.99, rows))
    labels = random.random(rows) < probabilities**1.3
    order = numpy.argsort(probabilities).reshape(bins, rows // bins)
    predicted, observed = probabilities[order].mean(axis=1), labels[order].mean(axis=1)
    return {
        "probabilities": probabilities.tolist(),
        "labels": labels.tolist(),
        "bins": bins,
        "predicted": predicted.tolist(),
        "observed": observed.tolist(),
        "error": float(numpy.abs(predicted - observed).mean()),
    }


def distributions():
    normal_at = [-30.0, -8.0, -3.1, -1.0, -0.2, 0.0, 0.7, 1.96, 3.0, 6.0]
    chances = [1e-12, 1e-6, 0.001, 0.025, 0.2, 0.5, 0.8, 0.95, 0.975, 0.999999]
    freedoms = [1.0, 2.0, 5.0, 29.0, 1000.0, 59_999.0]
    student = [[p, f, scipy.stats.t.ppf(p, f)] for f in freedoms for p in chances[2:9]]
    return {
        "normal_cdf": [[x, scipy.stats.norm.cdf(x)] for x in normal_at],
        "normal_quantile": [[p, scipy.stats.norm.ppf(p)] for p in chances],
        "student_quantile": student,
    }


def holm(p_values):
    """The definition, one hypothesis at a time."""
    ordered = sorted(p_values)
    steps = [min(1.0, p * (len(ordered) - at)) for at, p in enumerate(ordered)]
    return [max(step for step, q in zip(steps, ordered) if q <= p) for p in p_values]


values = random.normal(size=37)
p_values = [0.01, 0.04, 0.03, 0.005, 0.6, 0.2]
reference = {
    "versions": {"numpy": numpy.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__},
    "distributions": distributions(),
    "binary": [binary(60, 0.4, 2), binary(90, 0.2, 1), binary(40, 0.5, 12)],
    "multiclass": multiclass(40, 4),
    "regression": regression(50),
    "calibration": calibration(100, 10),
    "holm": {"p_values": p_values, "adjusted": holm(p_values)},
    "sample": {
        "values": values.tolist(),
        "mean": float(values.mean()),
        "deviation": float(values.std(ddof=1)),
        "quantiles": [[q, float(numpy.quantile(values, q))] for q in (0.0, 0.05, 0.5, 0.99, 1.0)],
    },
}

if __name__ == "__main__":
    text = json.dumps(reference, separators=(",", ":"))
    (pathlib.Path(__file__).parent / "reference.json").write_text(text + "\n")
