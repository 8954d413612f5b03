"""Train the census model: load data, fit the model, and publish the model with its figures."""

from ml_census.models import schema_inference
from ml_census.training.census import datasets
from ml_census.training.census.adult import COLUMNS, DECODING
from ml_census.training.census.pipelines import RECIPES
from ml_census.training.data.tables import Table
from ml_census.training.progress import console, progress
from ml_census.training.publishing import TrainingData, publish_with_data

TARGET = "income"
GROUPS = ("sex", "race", "age")
TITLE = "Income of a person"
DESCRIPTION = (
    "The model predicts whether a person earns more than 50,000 dollars a year. It is an example of a served model. "
    "It is not made for decisions about people. "
)
DATA = "The data is the census of the United States of 1994. Prices, wages and work have changed since then."
SYNTHETIC_DATA = "The rows are generated from a seed. A rule with noise decides the income."


def train(recipe: str, source: str, output: str) -> None:
    """Train the census model, and publish the model in the folder or gs:// URI `output`.

    `recipe` is the training pipeline, "article" or "boosted". `source` is "demo",
    "openml", or a folder with adult.data and adult.test. Raises DataError if the data
    cannot be used, and StorageError if `output` cannot be written.
    """
    with progress(f"reading {source}"):
        census = datasets.load(source)
    with progress(f"fitting {recipe} on {len(census.train):,} rows of the {census.source}"):
        model = RECIPES[recipe].fit(census.train, census.train_labels)
    data = training_data(census)
    about = {"recipe": recipe, "name": data.title, "description": data.description}
    engine = publish_with_data(model, schema_inference.infer_schema(model, COLUMNS), DECODING, data, about, output)
    console.print(f"published in {output}: {engine}")
    if census.synthetic:
        console.print("synthetic data: these figures say nothing about people")


def training_data(census: datasets.Dataset) -> TrainingData:
    """Return the tables of the census, and the facts about them for manifest.json and report.html."""
    train, test = (
        Table(rows.assign(**{TARGET: labels}), "--data", census.source, "")
        for rows, labels in ((census.train, census.train_labels), (census.test, census.test_labels))
    )
    description = DESCRIPTION + (SYNTHETIC_DATA if census.synthetic else DATA)
    facts = (census.source, census.fingerprint, TITLE, description, census.synthetic)
    return TrainingData(train, test, TARGET, GROUPS, *facts)
