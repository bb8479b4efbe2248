"""Django's settings in tests: nothing of the machine's own configuration, a data directory of their own."""

import atexit
import os
import shutil
import tempfile

for _name in [*os.environ]:
    if _name.startswith(("MAINSTAY_", "DATABASE_")):
        del os.environ[_name]
_data_dir = tempfile.mkdtemp(prefix="mainstay-test-data-")
atexit.register(shutil.rmtree, _data_dir, ignore_errors=True)
os.mkdir(os.path.join(_data_dir, "static"))  # WhiteNoise warns without it
os.environ["MAINSTAY_ENV_FILE"] = os.devnull
os.environ["MAINSTAY_DATA_DIR"] = _data_dir
os.environ["MAINSTAY_SECRET_KEY"] = "a key for tests and for nothing else" * 2

from mainstay.project.settings import *  # noqa: E402, F403
from mainstay.project.settings import STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
MAINSTAY_HOUSE_FRESH_S = 3600.0  # the plugin begins every test with the untouched house
