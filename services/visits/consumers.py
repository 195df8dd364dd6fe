"""What visits takes from other services' events: nothing yet. The lifecycle opens a visit when its time has come."""
