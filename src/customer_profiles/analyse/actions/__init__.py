"""From pain to solution: what resolved a pain before, which action is worth its money, and whether it worked."""
