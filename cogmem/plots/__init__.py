"""Dataset in, Figure out.

    from cogmem.plots import recall_curves

    recall_curves(people, {"CMR": cmr})     # {"spc": Dataset, "pfr": Dataset, "lag_crp": Dataset}

People are a grey band, models are lines. Figures are drawn without pyplot: nothing is shown unless
you ask for it, and none is kept alive. Save them within `house_style()`, which fixes the SVG salt.
"""

from cogmem.plots.curves import model_line, people_band, recall_curves, recall_panels
from cogmem.plots.style import DOUBLE_COLUMN, SINGLE_COLUMN, house_style

__all__ = [
    "DOUBLE_COLUMN",
    "SINGLE_COLUMN",
    "house_style",
    "model_line",
    "people_band",
    "recall_curves",
    "recall_panels",
]
