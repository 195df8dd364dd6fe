from tests.api.conftest import *
from chassis.auth import Role
from tests.api.journey import Journey
async def test_x(stack, http, legal_time, agency):
    j = Journey(stack, http, legal_time, agency)
    for d in ("9999-12-31","9998-12-31","9997-01-01","0001-01-01"):
        for p in ("","/late","/due"):
            a=await j.get(Role.director,"monitoring",f"/v1/follow-up-picture{p}?as_of={d}"); print(d,p,a.status_code,a.text[:150])
