"""Settings of the client that must stand before it is imported: no telemetry, no bars, no retries, and parts for middling files."""

import os
import warnings

os.environ.update(
    DO_NOT_TRACK="true",
    GIT_PYTHON_REFRESH="quiet",
    MLFLOW_DISABLE_TELEMETRY="true",
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    MLFLOW_LOGGING_LEVEL="ERROR",
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="0",
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
    MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD="true",
    MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE=str(6 << 20),
    MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE=str(5 << 20),
)
warnings.simplefilter("ignore")
