// What a form for an answer says, in every language of the book.
const FIELDS = {
  "element": "gpu-exercise",
  "options": {},
  "strings": {
    "en": {
      "title": "Your answer: {name}",
      "check": "Check",
      "whole": "Write numbers as 1024, 1,024, 1e3, 0.5, 1/3, 2**20 or 40 * 1024.",
      "number": "Write numbers as 1024, 1,024, 1e3, 0.5, 1/3, 2**20 or 40 * 1024.",
      "word": "Write a word.",
      "empty": "{name}: write an answer first.",
      "choose": "Choose an answer first.",
      "unread": "{name}: “{text}” is no number that is understood here. Write it as 1024, 1,024, 1e3, 0.5, 1/3, 2**20 or 40 * 1024, without a unit.",
      "byzero": "{name}: “{text}” divides by zero.",
      "toobig": "{name}: “{text}” is larger than what can be checked here.",
      "hint": "Hint: {hint}",
      "correct": "correct",
      "not yet": "not yet",
      "elsewhere": "Your code for this one is tried with NumPy or torch, which the page does not have. Do it in {colab} or in JupyterLab, and tick it here if you like:",
      "unmeasured": "This one depends on what your own run measures. Do it in {colab} or in JupyterLab, and tick it here if you like:",
      "colab": "Colab",
      "ticked": "done"
    },
    "zh_CN": {
      "title": "您的答案：{name}",
      "check": "检查",
      "whole": "数字可写作 1024、1,024、1e3、0.5、1/3、2**20 或 40 * 1024。",
      "number": "数字可写作 1024、1,024、1e3、0.5、1/3、2**20 或 40 * 1024。",
      "word": "请写一个词。",
      "empty": "{name}：请先写答案。",
      "choose": "请先选择一个答案。",
      "unread": "{name}：“{text}”不是这里能理解的数。请写作 1024、1,024、1e3、0.5、1/3、2**20 或 40 * 1024，不带单位。",
      "byzero": "{name}：“{text}”除以零。",
      "toobig": "{name}：“{text}”太大，无法在此检查。",
      "hint": "提示：{hint}",
      "correct": "正确",
      "not yet": "还不对",
      "elsewhere": "这道题的代码要用 NumPy 或 torch 检验，本页没有它们。请在 {colab} 或 JupyterLab 中完成，之后可在此打勾：",
      "unmeasured": "这道题取决于您自己运行时测得的结果。请在 {colab} 或 JupyterLab 中完成，之后可在此打勾：",
      "colab": "Colab",
      "ticked": "已完成"
    }
  }
};

export { FIELDS };
