"""Council: accreditation councils, meetings, votes, decisions, certificates, the public register."""
