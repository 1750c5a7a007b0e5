"""`python -m percola.design.surface`: infer the parameters again and store them."""

from percola.design.surface.model import main

raise SystemExit(main())
