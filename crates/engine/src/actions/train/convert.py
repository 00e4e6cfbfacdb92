"""Makes an ONNX file of a model that scikit-learn, XGBoost or LightGBM made and MLflow saved.

Kaizen runs this with the Python that the model was trained with: `python convert.py request.json`. The request says where
the model and its training rows are, and where the answer goes: the columns that the model reads, its classes, and what it
predicts for some of the rows, to which Kaizen holds the converted file.
"""

import copy
import importlib
import json
import pathlib
import sys

# Versions of the operators that Kaizen's runtime and every ONNX Runtime of the last years have.
OPSET = {"": 17, "ai.onnx.ml": 3}
# What onnxmltools writes at most.
BOOSTED_OPSET = 15
# In the order in which they are tried: a model may have been saved in several ways.
FLAVORS = ["sklearn", "xgboost", "lightgbm"]
# How far the border of a branch moves towards the next value below, as a share of the values' spread.
NUDGE = 1e-5


def main(request):
    directory = pathlib.Path(request["model"])
    flavor = flavor_of(directory)
    model = package(f"mlflow.{flavor}", "mlflow").load_model(str(directory))
    rows = package("pandas", "pandas").read_parquet(request["rows"])
    columns = columns_of(model, directory, request)
    rows = rows[columns]
    sample = rows.iloc[:: request["every"]]
    classes, predictions = predict(model, sample, request["task"])
    onnx = convert(model, rows)
    pathlib.Path(request["onnx"]).write_bytes(onnx.SerializeToString())
    return {
        "flavor": flavor,
        "estimator": described(model),
        "columns": columns,
        "classes": classes,
        "predictions": predictions,
        "versions": versions(),
    }


class Refused(Exception):
    """What the user should read."""


def package(name, distribution):
    """A package that must be installed where the model was trained."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Refused(
            f"converting the model needs the Python package {distribution} ({error}); install it where the model is trained: "
            f"{sys.executable} -m pip install {distribution}"
        ) from error


def flavor_of(directory):
    """The first flavor of the model that can be converted."""
    description = directory / "MLmodel"
    if not description.is_file():
        raise Refused(f"{directory} has no file MLmodel; save the model with save_model or log_model of MLflow")
    found = package("yaml", "pyyaml").safe_load(description.read_text())["flavors"]
    for flavor in FLAVORS:
        if flavor in found:
            return flavor
    names = ", ".join(sorted(name for name in found if name != "python_function"))
    kind = f"a model of the flavor {names}" if names else "a model of mlflow.pyfunc is Python code, and"
    raise Refused(
        f"{kind} cannot be converted; log it with mlflow.sklearn, mlflow.xgboost, mlflow.lightgbm or "
        "mlflow.onnx, or write an ONNX file to $KAIZEN_MODEL"
    )


def columns_of(model, directory, request):
    """The columns that the model reads, in its order: by itself, by its signature, or all when it reads as many."""
    given = [column["name"] for column in request["columns"]]
    names = own_names(model) or signature_names(directory)
    if names is None:
        count = getattr(model, "n_features_in_", None)
        if count is not None and count != len(given):
            raise Refused(
                f"the model reads {count} of the columns {', '.join(given)} and does not say which, as it was trained without names; "
                "train on a data frame, or name the others in `exclude` of the model in the project file"
            )
        names = given
    missing = [name for name in names if name not in given]
    if missing:
        raise Refused(
            f"the model reads {', '.join(map(repr, missing))}, which it may not learn from, or which is made outside the model; its "
            f"columns are {', '.join(given)}; make others in a step before training, or inside a scikit-learn pipeline"
        )
    return names


def own_names(model):
    """What the model says it was trained on."""
    if type(model).__name__ == "Booster":
        names = model.feature_names if hasattr(model, "feature_names") else model.feature_name()
        return list(names) if names else None
    names = getattr(model, "feature_names_in_", None)
    if names is None and hasattr(model, "steps"):
        names = getattr(model.steps[0][1], "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]


def signature_names(directory):
    """What MLflow noted as the inputs."""
    signature = package("mlflow.models", "mlflow").Model.load(str(directory)).signature
    names = signature.inputs.input_names() if signature is not None and signature.inputs is not None else []
    return [str(name) for name in names] or None


def predict(model, rows, task):
    """The classes, if there are any, and the predictions of the model as it was logged."""
    numpy = package("numpy", "numpy")
    if type(model).__name__ == "Booster":
        scores = booster_scores(model, rows, task)
        classes = None
    elif task == "regression":
        scores, classes = model.predict(rows), None
    else:
        if not hasattr(model, "predict_proba"):
            raise Refused(
                f"{described(model)} gives no probabilities, which the gate judges by; use a classifier with predict_proba, or wrap "
                "it in CalibratedClassifierCV"
            )
        scores, classes = model.predict_proba(rows), [spelled(name) for name in model.classes_]
    scores = numpy.asarray(scores, dtype=float)
    scores = scores.reshape(len(rows), -1)
    if not numpy.isfinite(scores).all():
        raise Refused("some predictions of the model on its training rows are not numbers; look for overflow in train.py")
    return classes, scores.tolist()


def booster_scores(model, rows, task):
    """The predictions of a bare booster of XGBoost or LightGBM."""
    numpy = package("numpy", "numpy")
    if is_xgboost(model):
        scores = model.predict(package("xgboost", "xgboost").DMatrix(rows))
    else:
        scores = model.predict(rows)
    if task == "binary" and numpy.ndim(scores) == 1:
        return numpy.stack([1 - scores, scores], axis=1)
    if task == "multiclass" and numpy.ndim(scores) == 1:
        raise Refused("the booster predicts classes without probabilities; use the objective multi:softprob")
    return scores


def spelled(name):
    """A class as Kaizen spells it."""
    value = name.item() if hasattr(name, "item") else name
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def described(model):
    steps = getattr(model, "steps", None)
    inner = "" if steps is None else "(" + ", ".join(type(step).__name__ for _, step in steps) + ")"
    return type(model).__name__ + inner


def convert(model, rows):
    """The model as an ONNX graph whose inputs are the columns, or a matrix of them, in their order."""
    plain_attributes()
    try:
        if is_boosted(model):
            return convert_boosted(model, rows)
        return convert_sklearn(model, rows)
    except Refused:
        raise
    except Exception as error:  # Converters raise whatever they like.
        cause = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        reason = " ".join(str(cause).split())[:600]
        raise Refused(f"{described(model)} cannot be converted to ONNX: {type(cause).__name__}: {reason}") from error


def plain_attributes():
    """Lets converters write numpy's numbers as attributes, which newer releases of onnx refuse."""
    helper = package("onnx", "onnx").helper
    numpy = package("numpy", "numpy")
    original = helper.make_attribute
    if getattr(original, "is_plain", False):
        return

    def plain(value):
        if isinstance(value, numpy.ndarray):
            value = value.tolist()
        if isinstance(value, (list, tuple)):
            return [plain(item) for item in value]
        if isinstance(value, numpy.generic):
            value = value.item()
        return int(value) if isinstance(value, bool) else value

    def make_attribute(key, value, *arguments, **named):
        return original(key, plain(value), *arguments, **named)

    make_attribute.is_plain = True
    helper.make_attribute = make_attribute


def convert_boosted(model, rows):
    """A model of XGBoost or LightGBM by itself."""
    onnxmltools = package("onnxmltools", "onnxmltools")
    types = package("onnxmltools.convert.common.data_types", "onnxmltools")
    refuse_text(model, rows)
    kinds = [("columns", types.FloatTensorType([None, rows.shape[1]]))]
    bare = copy.deepcopy(model)
    simplify(bare)
    if is_xgboost(model):
        return onnxmltools.convert_xgboost(bare, initial_types=kinds, target_opset=BOOSTED_OPSET)
    return onnxmltools.convert_lightgbm(bare, initial_types=kinds, target_opset=BOOSTED_OPSET, zipmap=False)


def refuse_text(model, rows):
    text = [name for name in rows.columns if rows[name].dtype.kind not in "biuf"]
    if text:
        raise Refused(
            f"{described(model)} reads {', '.join(map(repr, text))}, which are no numbers; encode them in a scikit-learn pipeline"
        )


def simplify(model):
    """Makes boosted trees forget what their converters stumble over.

    XGBoost's wants columns to be called f0, f1 and so on; LightGBM's takes numbers and text for classes, but no booleans.
    """
    if is_xgboost(model):
        booster = model if type(model).__name__ == "Booster" else model.get_booster()
        booster.feature_names = None
        booster.feature_types = None
    elif getattr(getattr(model, "_classes", None), "dtype", None) == bool:
        model._classes = model._classes.astype(int)


def is_xgboost(part):
    return type(part).__module__.startswith("xgboost")


def is_boosted(part):
    return type(part).__module__.startswith(("xgboost", "lightgbm"))


def convert_sklearn(model, rows):
    """An estimator or pipeline of scikit-learn, with boosted trees of others in it or without."""
    skl2onnx = package("skl2onnx", "skl2onnx")
    refuse_inner_columns(model)
    bare = copy.deepcopy(model)
    boosted = [part for part in parts(bare) if is_boosted(part)]
    for estimator in boosted:
        register(estimator)
        simplify(estimator)
    classifier = hasattr(model, "classes_")
    graph = skl2onnx.convert_sklearn(
        bare,
        initial_types=initial_types(model, rows),
        options={id(bare): {"zipmap": False}} if classifier else None,
        target_opset=OPSET,
    )
    if any(map(is_xgboost, boosted)) and hasattr(model, "steps"):
        # What a stack's last estimator reads are predictions, not these columns.
        if not is_xgboost(getattr(model.steps[-1][1], "final_estimator_", None)):
            nudge(graph, model[:-1].transform(rows))
    return graph


def refuse_inner_columns(model):
    """What wraps estimators is converted with one matrix for its input."""
    for part in parts(model):
        wraps = hasattr(part, "calibrated_classifiers_") or hasattr(part, "final_estimator_")
        if wraps and takes_columns(part):
            name = type(part).__name__
            raise Refused(
                f"a {name} around a ColumnTransformer cannot be converted; put the ColumnTransformer before it: "
                f"make_pipeline(columns, {name}(…))"
            )


def initial_types(model, rows):
    """An input a column where something in the model takes columns by name, else one matrix."""
    types = package("skl2onnx.common.data_types", "skl2onnx")
    if takes_columns(model):
        text = lambda name: rows[name].dtype.kind not in "biuf"
        kind = lambda name: types.StringTensorType([None, 1]) if text(name) else types.FloatTensorType([None, 1])
        return [(name, kind(name)) for name in rows.columns]
    refuse_text(model, rows)
    return [("columns", types.FloatTensorType([None, rows.shape[1]]))]


def takes_columns(model):
    return any(type(part).__name__ == "ColumnTransformer" for part in parts(model))


def parts(model):
    """The model and the fitted estimators within it, at any depth, in the order in which rows pass them."""
    yield model
    inner = [step for _, step in getattr(model, "steps", [])]
    inner += [transformer for _, transformer, *_ in getattr(model, "transformers_", [])]
    inner += [one.estimator for one in getattr(model, "calibrated_classifiers_", [])]
    if hasattr(model, "final_estimator_"):
        inner += [*model.estimators_, model.final_estimator_]
    for part in inner:
        yield from parts(part)


def register(estimator):
    """Tells the converter of pipelines how boosted trees are converted."""
    kind, name = type(estimator), type(estimator).__name__
    package("onnxmltools", "onnxmltools")
    shapes = package("skl2onnx.common.shape_calculator", "skl2onnx")
    if is_xgboost(estimator):
        module = package("onnxmltools.convert.xgboost.operator_converters.XGBoost", "onnxmltools")
        converter, alias = module.convert_xgboost, f"XGBoost{name}"
    else:
        module = package("onnxmltools.convert.lightgbm.operator_converters.LightGbm", "onnxmltools")
        converter, alias = module.convert_lightgbm, f"LightGbm{name}"
    if hasattr(estimator, "classes_"):
        calculator = shapes.calculate_linear_classifier_output_shapes
        options = {"nocl": [True, False], "zipmap": [True, False, "columns"]}
    else:
        calculator, options = shapes.calculate_linear_regressor_output_shapes, None
    package("skl2onnx", "skl2onnx").update_registered_converter(kind, alias, calculator, converter, options=options)


def nudge(graph, values):
    """Moves the borders of branches a little off the values that they were taken from.

    XGBoost branches at values of its training rows. What a pipeline computes before it in 32 bits may differ from those in
    the last bit, and a row on a border would then take the other branch.
    """
    numpy = package("numpy", "numpy")
    if hasattr(values, "toarray"):
        raise Refused(
            "the pipeline hands a sparse matrix to boosted trees, which take its zeros for missing values; use "
            "OneHotEncoder(sparse_output=False), or ColumnTransformer(sparse_threshold=0)"
        )
    known = [numpy.unique(column[numpy.isfinite(column)]) for column in numpy.asarray(values, dtype=numpy.float32).T]
    for node in graph.graph.node:
        if node.op_type.startswith("TreeEnsemble"):
            move_borders({attribute.name: attribute for attribute in node.attribute}, known, numpy)


def move_borders(attributes, known, numpy):
    modes = attributes["nodes_modes"].strings
    features = attributes["nodes_featureids"].ints
    borders = attributes["nodes_values"].floats
    for place, (mode, feature) in enumerate(zip(modes, features)):
        if mode != b"BRANCH_LT":
            continue
        values, border = known[feature], numpy.float32(borders[place])
        below = numpy.searchsorted(values, border) - 1
        room = border - values[below] if below >= 0 else numpy.float32(numpy.inf)
        spread = numpy.float32(max(values.std(), abs(border), 1e-30)) if len(values) else numpy.float32(1)
        borders[place] = float(border - min(room / 2, numpy.float32(NUDGE) * spread))


def versions():
    """What the model was made and converted with."""
    names = ["mlflow", "sklearn", "xgboost", "lightgbm", "skl2onnx", "onnxmltools", "onnx", "numpy", "pandas"]
    loaded = {name: getattr(sys.modules.get(name), "__version__", None) for name in names}
    found = {name: version for name, version in loaded.items() if version}
    return {"python": ".".join(map(str, sys.version_info[:3])), **found}


if __name__ == "__main__":
    asked = json.loads(pathlib.Path(sys.argv[1]).read_text())
    try:
        answer = main(asked)
    except Refused as refused:
        answer = {"refused": str(refused)}
    pathlib.Path(asked["answer"]).write_text(json.dumps(answer))
