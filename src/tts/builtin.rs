//! The voice that needs no files of ours: espeak-ng, which piper-rs links for its phonemes anyway.

#![allow(unsafe_code)]

use super::{TtsError, Voice, data, espeak};
use espeak_rs_sys as sys;
use std::ffi::{CString, c_int, c_short, c_void};
use std::sync::{Mutex, PoisonError};

/// espeak-ng's own rate, in Hz.
const RATE_HZ: u32 = 22_050;
/// espeak-ng's own pace, in words a minute.
const WORDS_A_MINUTE: f32 = 165.0;
/// The most sound of one sentence, in samples: a minute.
const LONGEST: usize = RATE_HZ as usize * 60;

/// What the callback has collected of the sentence being spoken.
static SOUND: Mutex<Vec<i16>> = Mutex::new(Vec::new());

/// espeak-ng as a voice.
pub struct BuiltIn {
    words_a_minute: c_int,
}

impl BuiltIn {
    /// The voice at `speed` times its own pace.
    ///
    /// # Errors
    /// [`TtsError::Data`] where espeak-ng's data is not found.
    pub fn new(speed: f32) -> Result<Self, TtsError> {
        data::check().map_err(TtsError::Data)?;
        let _one_at_a_time = espeak();
        // espeak-rs initialises the library for this process, as it will for Piper's phonemes.
        espeak_rs::text_to_phonemes("a", "en-us", None)
            .map_err(|error| TtsError::Speak { text: String::new(), reason: error.to_string() })?;
        let speed = if speed.is_finite() { speed.clamp(0.5, 2.0) } else { 1.0 };
        Ok(Self { words_a_minute: (WORDS_A_MINUTE * speed) as c_int })
    }
}

impl Voice for BuiltIn {
    fn rate_hz(&self) -> u32 {
        RATE_HZ
    }

    fn speak(&mut self, sentence: &str) -> Result<Vec<f32>, TtsError> {
        let failed = |reason: &str| TtsError::Speak { text: sentence.to_string(), reason: reason.into() };
        let text = CString::new(sentence).map_err(|_| failed("there is a NUL in it"))?;
        let _one_at_a_time = espeak();
        SOUND.lock().unwrap_or_else(PoisonError::into_inner).clear();
        // SAFETY: the library was initialised in `new`, and the lock above keeps every other caller in
        // this process out. `text` and the voice's name are NUL-terminated and outlive the calls, because
        // `espeak_Synchronize` waits until the text was spoken. The callback lives as long as the process.
        let result = unsafe {
            sys::espeak_SetSynthCallback(Some(collect));
            sys::espeak_SetVoiceByName(c"en-us".as_ptr());
            sys::espeak_SetParameter(sys::espeak_PARAMETER_espeakRATE, self.words_a_minute, 0);
            let result = sys::espeak_Synth(
                text.as_ptr().cast::<c_void>(),
                text.as_bytes_with_nul().len() as _,
                0,
                sys::espeak_POSITION_TYPE_POS_CHARACTER,
                0,
                sys::espeakCHARS_UTF8,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            );
            sys::espeak_Synchronize();
            result
        };
        if result != sys::espeak_ERROR_EE_OK {
            return Err(failed("espeak-ng could not"));
        }
        let sound = std::mem::take(&mut *SOUND.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(sound.into_iter().map(|s| f32::from(s) / 32_768.0).collect())
    }
}

/// Takes a piece of sound; 0 asks for more, 1 stops.
unsafe extern "C" fn collect(samples: *mut c_short, count: c_int, _: *mut sys::espeak_EVENT) -> c_int {
    let Ok(count) = usize::try_from(count) else { return 0 };
    if samples.is_null() || count == 0 {
        return 0;
    }
    // SAFETY: espeak-ng hands `count` samples that stay valid during the call.
    let piece = unsafe { std::slice::from_raw_parts(samples, count) };
    let mut sound = SOUND.lock().unwrap_or_else(PoisonError::into_inner);
    sound.extend_from_slice(piece);
    c_int::from(sound.len() > LONGEST)
}
