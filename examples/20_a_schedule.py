"""A job that runs by itself: every night at half past two in Berlin, and once at once."""

from studiolo import Studio

studio = Studio()
job = studio.experiments.submit(
    command="echo report of ${{inputs.day}}", inputs={"day": "today"}, experiment_name="examples"
)
studio.experiments.wait(job.id)

target = studio.schedules.target(job.id)
target["spec"]["params"]["day"] = "${{trigger.time}}"
trigger = {"kind": "cron", "expression": "30 2 * * *", "zone": "Europe/Berlin", "start": "2027-03-26T00:00:00"}
made = studio.schedules.create("nightly-report", trigger, target)
print(f"{made.name}: {made.says} in {made.zone}, as {made.runs_as}")
for moment in made.next:  # on the 28th the clock jumps from two to three
    print(f"  {moment:%Y-%m-%d %H:%M} UTC")

fired = studio.schedules.run(made.name)
studio.experiments.wait(str(fired.run_id))
print(f"run at once: {studio.schedules.firings(made.name)[0].run_state}")
studio.schedules.delete(made.name)
