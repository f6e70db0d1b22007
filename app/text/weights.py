"""Weights: the networks' published files, which are here, and how to get the others."""

from __future__ import annotations

LEAD = (
    "HearMap uses networks that others trained and published. aiSFX comes with the installation. "
    "Each of the others works once its weights are here. Only the tensors that are needed are "
    "saved."
)
COUNT = "{n_here} of {networks} here."
HERE = ":green-badge[:material/check: Here]"
NOT_HERE = ":gray-badge[Not here]"
PUBLISHED = "Published as {name}"
NEEDS = "needs {what}"
ABOUT = "about {size}"
SHA256 = "sha256 `{value}`"
MD5 = "MD5 `{value}`"
NO_HASH = "No hash is known"
FILE_SHA256 = "; the file that was used had sha256 `{value}`"
RUNNING = "Being fetched, see below."
STOPPED = (
    "The download of {name} was stopped. What has arrived is saved, and the next download goes on "
    "from there."
)
FETCHING = "Getting {name}"
FETCHED = "{name} is here. Fit offers it now."
FIT = "Fit"

INSTALLED = "{size}, part of this installation, for everybody who uses it."
OWN = "{size} in your HearMap folder."
DELETE = "Delete"
DELETE_SAYS = "Models that were fitted with it work again once it is back."
DELETE_IT = "Delete it"

LICENCE = "You must accept its licence, [{name}]({url})."
ACCEPT = "I accept the licence"
PART_HERE = "{size} arrived before it was stopped."
BY_HAND = "Only a person can download it, in a browser."
GO_ON = "Go on with the download"
DOWNLOAD = "Download {size}"
HAVE_FILE = "I have the file"
BRING = "On a machine without a network, bring {what}."
BELOW_ROOT = "A file below the data root"
CHECK = "Check and save it"
TOO_LARGE = "It is too large for an upload ({most:,} MB at most). On the machine, run"
COMMAND = "hearmap weights add {name} FILE{accept}"
FILE = "The file"
