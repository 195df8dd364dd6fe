"""Review: self-assessment reports, their receipt on paper and electronically, review and recommendations."""
