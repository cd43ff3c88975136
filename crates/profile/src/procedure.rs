//! `procedures.toml`: named lists of steps from a closed set of step kinds.
//!
//! A procedure is data; what a step kind does is code in the bench. Texts may use `{{ model }}`,
//! `{{ load }}` (the load of the current rung), `{{ target }}`, `{{ mac }}` and `{{ server }}`.

use serde::Deserialize;

use crate::Confidence;
use crate::keys::Wipes;

/// What to do about one kind of trouble.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// Its id, unique in the family.
    pub id: String,
    /// What it does, in a few words.
    pub title: String,
    /// When to choose it, in a sentence.
    pub when: String,
    /// Codes of the findings it cures.
    #[serde(default)]
    pub cures: Vec<String>,
    /// Codes of findings for which it is a way, but never begins by itself.
    #[serde(default)]
    pub helps: Vec<String>,
    /// Field reports it answers (`FR-32`).
    #[serde(default)]
    pub field_reports: Vec<String>,
    /// Models it is for; empty means every model of the family.
    #[serde(default)]
    pub models: Vec<String>,
    /// Only for phones that run a version below this one.
    #[serde(default)]
    pub runs_below: Option<String>,
    /// Only for phones that run this version or a later one.
    #[serde(default)]
    pub runs_from: Option<String>,
    /// The procedure that is begun in its place for phones that run another version.
    #[serde(default)]
    pub instead: Option<String>,
    /// What it erases.
    #[serde(default)]
    pub wipes: Wipes,
    /// Which loads it needs before it may begin.
    #[serde(default)]
    pub needs: Needs,
    /// The signalling protocol of the load that it leads to, where that is not the phone's own.
    #[serde(default)]
    pub to_protocol: Option<String>,
    /// Signalling protocols of the loads that it is for; empty means every one, and a phone that has not told.
    #[serde(default)]
    pub protocols: Vec<String>,
    /// The condition of the phone that it is for; none means any.
    #[serde(default)]
    pub condition: Option<Condition>,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
    /// The steps, in order.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

impl Procedure {
    /// Whether it is for phones that speak this protocol; what is not known may be any.
    pub fn is_for_protocol(&self, protocol: Option<&str>) -> bool {
        self.protocols.is_empty() || protocol.is_none_or(|p| self.protocols.iter().any(|x| x == p))
    }
}

/// Whether a phone has an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Condition {
    /// It starts and runs one: it asks for its configuration, its menus are there.
    Runs,
    /// It has none, or sits in its recovery.
    NoApplication,
}

/// Loads that must be complete and verified on the shelf before the phone is touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Needs {
    /// None.
    #[default]
    Nothing,
    /// Every rung from the phone's load to the target.
    Ladder,
    /// One complete load that a wiped phone of this model can take.
    RecoveryLoad,
    /// Something on the shelf for each file of the model's rescue.
    Rescue,
    /// The target alone, whatever the phone runs.
    Target,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Step {
    /// Its id, unique in the procedure.
    pub id: String,
    /// What is shown while it runs, one short imperative or statement.
    pub say: String,
    /// Why the bench waits here, for the technician who asks.
    pub why: String,
    /// Part of the block that is repeated for each rung of the ladder. The block must be contiguous.
    #[serde(default)]
    pub each_rung: bool,
    /// What it does.
    #[serde(flatten)]
    pub kind: StepKind,
}

/// The closed set of step kinds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum StepKind {
    /// Asks the person for something; done when they confirm, or when `until` is seen on the wire.
    Ask {
        /// What is asked.
        ask: Ask,
        /// The key sequence, for the asks that are about keys.
        #[serde(default)]
        keys: Option<String>,
        /// The way through the menus, for the asks that are about them.
        #[serde(default)]
        menu: Option<String>,
        /// What the screen may show, for `read-screen`; the person says which.
        #[serde(default)]
        answers: Vec<Answer>,
        /// What on the wire shows that it was done; the person need not confirm then.
        #[serde(default)]
        until: Option<Expect>,
        /// How long, in seconds; none means as long as the person needs.
        #[serde(default)]
        within_s: Option<u32>,
        /// Where to go when the time is over.
        #[serde(default)]
        otherwise: Otherwise,
    },
    /// From now on the phone is given these files.
    Serve {
        /// Which load is pinned.
        #[serde(default)]
        load: Pinned,
        /// Whether the family's configuration templates are served.
        #[serde(default)]
        config: bool,
        /// Names of files that are there and empty: what some phones need where others go on without.
        #[serde(default)]
        empty: Vec<crate::Pattern>,
    },
    /// Waits until something is seen on the wire.
    Expect {
        /// What.
        see: Expect,
        /// How long, in seconds.
        within_s: u32,
        /// Where to go when it was not seen.
        #[serde(default)]
        otherwise: Otherwise,
    },
    /// Waits for a time, because the phone needs it.
    Wait {
        /// How long, in seconds.
        seconds: u32,
    },
    /// Fills in the phone's recovery page, so that it takes its image. Done when the phone takes it.
    WebRecover {
        /// How long, in seconds.
        within_s: u32,
        /// Where to go when the page does not take it; `{{ why }}` is there for the words.
        #[serde(default)]
        otherwise: Otherwise,
    },
    /// Sends something to the page of a phone that runs, or looks whether it lets us in.
    WebUi {
        /// The id of an action of the family, or `look`: who it says it is, and whether the maker's password works.
        action: String,
        /// How long, in seconds.
        within_s: u32,
        /// Where to go when the page does not take it; `{{ why }}` is there for the words.
        #[serde(default)]
        otherwise: Otherwise,
    },
    /// Goes elsewhere when something already is so.
    Branch {
        /// What.
        when: Expect,
        /// The step to go to.
        goto: String,
    },
    /// A registered phone is told something by its call server; the next step follows at once.
    Tell {
        /// What.
        wish: Told,
        /// Where to go when it is not registered.
        #[serde(default)]
        otherwise: Otherwise,
    },
    /// Goes elsewhere.
    Goto {
        /// The step to go to.
        goto: String,
    },
    /// Proves the result; its outcome is the procedure's.
    Verify {
        /// What must be seen.
        see: Expect,
        /// How long, in seconds.
        within_s: u32,
        /// Where to go when it was not seen.
        #[serde(default)]
        otherwise: Otherwise,
    },
}

/// One thing that a screen may show, and where to go then.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Words on the screen, or about it.
    pub shows: String,
    /// The step to go to; the next one when left out.
    #[serde(default)]
    pub goto: Option<String>,
    /// What to tell the technician; the procedure then ends.
    #[serde(default, rename = "give-up")]
    pub give_up: Option<String>,
}

/// What a registered phone can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// To read its configuration again.
    Restart,
    /// To start again.
    Reset,
}

/// What a person can be asked for; screens find the words' picture by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Ask {
    /// Plug the cable and the power in.
    PlugIn,
    /// Take the power away and give it back.
    PowerCycle,
    /// Hold a key while power is connected, then type the sequence.
    HoldKeyWhilePowering,
    /// Type keys on the running phone.
    TypeKeys,
    /// Press a softkey or walk a menu.
    PressSoftkey,
    /// Read something off the screen and say what it shows.
    ReadScreen,
    /// Leave it alone.
    DoNotUnplug,
    /// Confirm that data may be erased.
    ConfirmWipe,
}

/// What can be waited for on the wire. Each is a fold of the session's observations since the step began,
/// unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// Anything from the phone.
    PhoneSeen,
    /// A DHCP lease was taken.
    Bound,
    /// The phone asked for a configuration file of its own.
    ConfigAsked,
    /// The list file of the pinned load was asked for.
    LoadListAsked,
    /// An image of the pinned load was asked for.
    ImageAsked,
    /// Every file of the pinned load was fetched whole.
    LoadFetched,
    /// The phone started again.
    Reboot,
    /// The phone runs the pinned load: it says so by itself.
    RunsPinned,
    /// The phone runs the target, whenever that was seen.
    RunsTarget,
    /// The recovery list was asked for: the phone has no application.
    RecoveryAsked,
    /// A file of the phone's rescue was asked for: its boot loader is in its recovery mode.
    RescueAsked,
    /// The last file that it asked for since its start is one of its rescue: it is in its boot loader now.
    InRescue,
    /// Every kind of file of the phone's rescue arrived whole.
    RescueFetched,
    /// The phone's web page took the name and password of the neutral configuration. The bench tries it.
    LoggedIn,
    /// The phone broke a TLS conversation off: it does not trust the bench's certificate.
    TlsRefused,
    /// The phone is registered with the bench's call server now.
    IsRegistered,
    /// It asked for the address of a host, or for a file of one: whom it would call.
    HostAsked,
    /// Its recovery page was seen.
    InRecovery,
    /// A phone that runs let us in with the maker's password.
    PasswordIsDefault,
    /// The phone registered with the bench's call server since the step began.
    Registered,
    /// It asked for the served load's list after a start of its own, and for none of its files: it has them.
    LoadCurrent,
    /// It asked for its configuration and got it whole since the step began.
    ConfigFetched,
    /// It speaks the protocol that the procedure leads to, said since the load was served.
    SpeaksTarget,
}

/// Which load a step pins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pinned {
    /// None.
    #[default]
    None,
    /// The current rung of the ladder.
    Rung,
    /// The target itself.
    Target,
    /// The load chosen for a wiped phone.
    Recovery,
}

/// Where to go when a step did not happen in time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Otherwise {
    /// To the step of this id.
    Goto(String),
    /// The procedure ends; the text says what to tell the technician.
    GiveUp(String),
}

impl Default for Otherwise {
    fn default() -> Otherwise {
        Otherwise::GiveUp("The phone did not do what this step waits for.".to_owned())
    }
}
