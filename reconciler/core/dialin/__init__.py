"""Numbers and PINs as callers use them."""
