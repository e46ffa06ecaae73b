"""Steps of tasks: what somebody should do, and everything that was done about it."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class StepKind(StrEnum):
    """What a step does to its task."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    COMMENTED = "commented"
    DONE = "done"
    REOPENED = "reopened"
    ESCALATED = "escalated"
    WITHDRAWN = "withdrawn"


class TaskStep(BaseModel):
    """One step of a task. Steps are only ever added; copies of a `step_id` are the same step, the earliest stands.

    Each names the person that the task is about, so that it is found and erased with them.
    """

    model_config = ConfigDict(extra="forbid")

    step_id: str
    site: str
    task_id: str
    kind: StepKind
    at: int = Field(description="Unix milliseconds; of an escalation the time it was due.")
    made_by: str = Field(default="", description="User of the console; empty: footprint itself.")
    subject: str = ""
    customer_id: str = ""
    visitor_id: str = ""
    signal_id: str = Field(default="", description="Of `opened` and `escalated`: the signal it comes from, empty when somebody wrote it.")
    trigger: str = Field(default="", description="Of the signal.")
    revision: int = Field(default=0, description="Of `opened` and `withdrawn`: the signal's; the highest tells whether it stands.")
    title: str = Field(default="", description="Of `opened` and `escalated`.")
    channel: str = Field(default="", description="Of an opened task: the channel whose owner answers.")
    owner: str = Field(default="", description="Of `opened`, `assigned`, `escalated`: who has it from here on; empty: nobody.")
    due_at: int = Field(default=0, description="Of `opened` and `escalated`, Unix milliseconds.")
    escalate_to: str = Field(default="", description="Of an opened task: who has it when it is not done in time.")
    text: str = Field(default="", description="Of a comment.")
